"""The neighbours' measures of a given heatmap. Peers leave their hooks behind: each is given a deep copy."""

import copy
import warnings
from contextlib import nullcontext

import numpy as np
import quantus
import torch
from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence, IncreaseInConfidence
from pytorch_grad_cam.metrics.perturbation_confidence import (
    PerturbationConfidenceMetric,
    RemoveLeastRelevantFirst,
    RemoveMostRelevantFirst,
)
from pytorch_grad_cam.metrics.road import NoisyLinearImputer
from torch import nn
from torchcam.metrics import ClassificationMetric, DeletionInsertionMetric


class Given:
    """One of torchcam's extractors, which gives the heatmaps that it was given."""

    def __init__(self, model, heatmaps):
        self.model = copy.deepcopy(model).eval()
        self._heatmaps = torch.from_numpy(np.stack(heatmaps))

    def __call__(self, class_idx=None, scores=None, **options):
        return [self._heatmaps]

    def fuse_cams(self, cams):
        return cams[0]

    def _hooks_off(self):
        return nullcontext()


def softmax(logits):
    return logits.softmax(-1)


def torchcams_areas(model, image, heatmap, baseline, steps):
    """Give torchcam's areas by deletion and by insertion."""
    metric = DeletionInsertionMetric(Given(model, [heatmap]), softmax, baseline=baseline, steps=steps)
    metric.update(image[None])
    found = metric.summary()
    return found["deletion_auc"], found["insertion_auc"]


def torchcams_changes(model, images, heatmaps):
    """Give torchcam's average drop and increase in confidence."""
    metric = ClassificationMetric(Given(model, heatmaps), softmax)
    metric.update(images)
    found = metric.summary()
    return found["avg_drop"], found["conf_increase"]


def _probable(model):
    return nn.Sequential(copy.deepcopy(model).eval(), nn.Softmax(-1))


def pytorch_grad_cams_changes(model, images, heatmaps, classes):
    """Give pytorch-grad-cam's drop in confidence and whether it increases, for each image."""
    targets = [lambda scores, chosen=chosen: scores[chosen] for chosen in classes]
    given = images, np.stack(heatmaps), targets, _probable(model)
    return DropInConfidence()(*given), IncreaseInConfidence()(*given)


def pytorch_grad_cams_road(model, image, heatmap, chosen, percentile, coldest=False):
    """Give pytorch-grad-cam's score after its imputation without noise, of all but a percentile of the pixels."""
    remove = RemoveLeastRelevantFirst if coldest else RemoveMostRelevantFirst
    metric = PerturbationConfidenceMetric(remove(percentile, NoisyLinearImputer(noise=0)))
    (found,) = metric(image[None], heatmap[None], [lambda scores: scores[chosen]], _probable(model), return_diff=False)
    return float(found)


def quantus_imputed(image, missing):
    """Give an image with Quantus's imputation of some pixels, without noise."""
    return quantus.functions.perturb_func.noisy_linear_imputation(image.double().numpy(), missing.copy(), noise=0)


def quantus_flipped(model, image, heatmap, chosen, each):
    """Give the probabilities along Quantus's pixel flipping to zero, `each` pixels at a time, for one channel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metric = quantus.PixelFlipping(features_in_step=each, perturb_baseline=0.0, disable_warnings=True)
        (found,) = metric(
            model=copy.deepcopy(model).eval(),
            x_batch=image[None].numpy(),
            y_batch=np.array([chosen]),
            a_batch=heatmap[None, None],
            softmax=True,
            device="cpu",
        )
    return np.array(found)
