"""Generators that are nobody's attribute are found, seeded by the position, and put back."""

import copy
import functools
import pickle
import random
import sys
import types
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from attn_widget import randomness
from attn_widget.samples import Samples, generators
from attn_widget.samples.generators import Generators, find_generators

MAKERS = {
    "of NumPy": lambda: np.random.default_rng(0),
    "of NumPy, the older kind": lambda: np.random.RandomState(0),
    "of torch": lambda: torch.Generator().manual_seed(0),
    "of Python": lambda: random.Random(0),
}


def draw(generator):
    if isinstance(generator, torch.Generator):
        return torch.rand((), generator=generator).item()
    return generator.random_sample() if isinstance(generator, np.random.RandomState) else generator.random()


class Filled(Dataset):
    """Each item is filled with a number that `number` draws."""

    def __init__(self, number=None):
        if number is not None:
            self.number = number

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.full((1, 2, 2), float(self.number())), index


# --- where a generator may be


RNG = np.random.default_rng(0)


class ByName(Filled):
    def number(self):
        return RNG.random()


def of_a_global():
    globals()["RNG"] = np.random.default_rng(0)
    return ByName(), RNG


def of_another_module():
    module = types.ModuleType("augmenting")
    module.rng = np.random.default_rng(0)
    sys.modules["augmenting"] = module

    def number():
        import augmenting

        return augmenting.rng.random()

    return Filled(number), module.rng


def called_by_a_function():
    rng = random.Random(0)
    globals()["shake"] = lambda: rng.random()

    class Shaken(Filled):
        def number(self):
            return shake()  # noqa: F821  # it is made above

    return Shaken(), rng


def of_the_class():
    class Own(Filled):
        rng = np.random.default_rng(0)

        @classmethod
        def number(cls):
            return cls.rng.random()

    return Own(), Own.rng


def of_a_base_class():
    class Base(Filled):
        rngs: ClassVar = {"here": [torch.Generator()]}

    class Own(Base):
        def number(self):
            return draw(self.rngs["here"][0])

    return Own(), Base.rngs["here"][0]


def in_slots():
    class Slotted:
        __slots__ = ("rng", "unset")

        def __call__(self):
            return self.rng.random()

    slotted = Slotted()
    slotted.rng = random.Random(0)
    return Filled(slotted), slotted.rng


def as_a_default():
    def number(rng=np.random.default_rng(0)):  # noqa: B008  # that is the case
        return rng.random()

    return Filled(number), number.__defaults__[0]


def as_a_default_by_keyword():
    def number(*, rng=random.Random(0)):  # noqa: B008  # that is the case
        return rng.random()

    return Filled(number), number.__kwdefaults__["rng"]


def in_a_partial_of_a_lambda():
    rng = torch.Generator()
    return Filled(functools.partial(lambda generator: draw(generator), rng)), rng


def by_its_method():
    rng = np.random.default_rng(0)
    return Filled(rng.random), rng


def behind_a_decorator():
    rng = random.Random(0)

    @functools.lru_cache(maxsize=0)
    def number():
        return rng.random()

    return Filled(number), rng


def behind_a_property():
    rng = random.Random(0)

    class Own(Filled):
        @property
        def number(self):
            return lambda: rng.random()

    return Own(), rng


PLACES = [
    of_a_global,
    of_another_module,
    called_by_a_function,
    of_the_class,
    of_a_base_class,
    in_slots,
    as_a_default,
    as_a_default_by_keyword,
    in_a_partial_of_a_lambda,
    by_its_method,
    behind_a_decorator,
    behind_a_property,
]


@pytest.mark.parametrize("make", PLACES)
def test_a_generator_is_found_wherever_it_is_kept_seeded_by_the_position_and_put_back(make):
    data, rng = make()
    assert find_generators(data) == (rng,)
    check_steady(DataLoader(data), rng)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_one_of_every_kind_is_found_in_the_globals_of_a_collate_function(make):
    global SHAKER
    SHAKER = make()
    check_steady(DataLoader(Filled(float), collate_fn=shaken), SHAKER)


def shaken(items):
    images, labels = default_collate(items)
    return images + draw(SHAKER), labels


def check_steady(loader, rng):
    before = randomness.random_states([rng])
    samples = Samples(loader)
    first = [samples[position].image[0, 0, 0].item() for position in range(4)]
    again = [samples[position].image[0, 0, 0].item() for position in reversed(range(4))]
    assert first == again[::-1]
    assert len(set(first)) == 4
    assert not before.moved()


# --- what may change


def test_one_that_is_bound_anew_is_found_anew():
    data, rng = of_a_global()
    finder = Generators(data)
    assert finder.find() == (rng,)
    of_a_global()
    assert finder.find() == (RNG,) != (rng,)
    data.own = random.Random(0)
    assert set(finder.find()) == {RNG, data.own}
    data.own = [data.own, random.Random(1)]
    assert set(finder.find()) == {RNG, *data.own}
    data.own.pop()
    assert set(finder.find()) == {RNG, *data.own}
    ByName.also = random.Random(2)
    assert set(finder.find()) == {RNG, *data.own, ByName.also}
    del ByName.also, data.own
    assert finder.find() == (RNG,)


def test_they_are_not_looked_for_again_while_only_numbers_texts_and_tensors_change(monkeypatch):
    data, rng = of_a_global()
    data.reads, data.name, data.last = 0, "a", torch.zeros(1)
    finder = Generators(data)
    finder.find()
    monkeypatch.setattr(generators, "trail_from", lambda *roots: pytest.fail("they were looked for again"))
    data.reads, data.name, data.last = 1, "b", torch.ones(1)
    assert finder.find() == (rng,)


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda finder: pickle.loads(pickle.dumps(finder))])
def test_a_copy_finds_the_generators_of_its_own_data_set(twin):
    data = Filled(float)
    data.rng = random.Random(0)
    finder = Generators(data)
    finder.find()
    (found,) = twin(finder).find()
    assert found is not data.rng


# --- what is let alone


class Touchy:
    """Fails when it is asked for anything, gone through or compared."""

    def __getattr__(self, name):
        raise AssertionError(f"asked for {name}")

    @property
    def generator(self):
        raise AssertionError("a property was run")

    def __iter__(self):
        raise AssertionError("gone through")

    __len__ = __eq__ = __hash__ = __bool__ = __iter__


class TouchyList(list):
    def __iter__(self):
        raise AssertionError("gone through")

    __len__ = __iter__


def test_no_code_of_the_users_runs():
    data = Filled(float)
    data.touchy, data.listed = Touchy(), TouchyList([random.Random(0)])
    finder = Generators(data)
    (found,) = finder.find()
    assert isinstance(found, random.Random)
    data.touchy = Touchy()
    assert finder.find() == (found,)


def test_the_global_generators_are_not_among_them():
    from random import random as draw_python

    functions = [draw_python, np.random.rand, np.random.mtrand._rand, torch.default_generator, random.SystemRandom()]
    assert find_generators(functions, lambda: (random, np, torch)) == ()


def test_looking_ends_in_a_great_maze():
    nodes = [[] for _ in range(50)]
    for node in nodes:
        node.extend([*nodes, *([object()] for _ in range(10))])
    deep = []
    for _ in range(10_000):
        deep = [deep, object()]
    data = Filled(float)
    data.rng, data.maze, data.deep = random.Random(0), nodes, deep
    assert data.rng in find_generators(data)
