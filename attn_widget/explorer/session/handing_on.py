"""Writes for others: the view that is shown, or the samples that the slider runs over."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.session.handed import Handed
from attn_widget.explorer.session.scene import Scene
from attn_widget.exports import ContactSheets, HeatmapFiles, save_names
from attn_widget.predictions import Progress, Review
from attn_widget.samples import Samples
from attn_widget.words import exports, forms

PATHS = {"view": "view.npz", "sheet": "contact_sheet.png", "names": "names.txt", "heatmaps": "heatmaps"}
"""What can be written, and where unless another place is typed."""

_Files = HeatmapFiles | ContactSheets


class HandingOn:
    """Writes what is chosen of the scene that `shown` gives, and asks before anything is replaced."""

    def __init__(
        self, samples: Samples, tell: Tell, shown: Callable[[], Scene | None], review: Callable[[], Review | None]
    ) -> None:
        self._samples, self._tell, self._shown, self._review = samples, tell, shown, review
        self._worker: Worker[Progress, _Files] = Worker(self._progressed, self._ended)
        self._files: _Files | None = None  # being written, or written last
        self._of = ""  # says that they take no notice of what is altered, where something is
        self._paths = dict(PATHS)
        self.part = Handed("view", PATHS["view"])

    # What can be asked for.

    def choose(self, kind: str) -> None:
        """Choose what to write."""
        self._become(kind=kind, path=self._paths[kind], said="", asks=False)

    def rename(self, path: str) -> None:
        """Choose where to write it."""
        self._paths[self.part.kind] = path
        self._become(path=path, said="", asks=False)

    def begin(self) -> None:
        """Write it, unless that would replace something."""
        self._write(overwrite=False)

    def overwrite(self) -> None:
        """Write it after all."""
        if self.part.asks:
            self._write(overwrite=True)

    def stop(self) -> None:
        """Stop; what has been written stays."""
        self._worker.stop()

    def forget(self) -> None:
        """End what is being written, and report nothing of it."""
        self._worker.forget()
        if self.part.running and self._files is not None:
            self._become(running=False, said=exports.export_stopped(repr(self._files)))

    # Writing.

    def _write(self, *, overwrite: bool) -> None:
        scene, kind = self._shown(), self.part.kind
        if scene is None or self.part.running:
            return
        if not self.part.path.strip():
            self._say(exports.NO_PATH)
            return
        path = _expanded(self.part.path.strip())
        try:
            if kind == "view":
                self._write_view(scene, path, overwrite)
            else:
                self._write_samples(scene, path, overwrite)
        except OSError as error:
            self._say(exports.not_exported(path, error))

    def _write_view(self, scene: Scene, path: Path, overwrite: bool) -> None:
        if scene.explanation is None:
            self._say(exports.NO_VIEW)
        elif path.exists() and not overwrite:
            self._ask(exports.file_exists(path))
        else:
            scene.explanation.save(path, overwrite=True)
            self._say(exports.view_saved(path))

    def _write_samples(self, scene: Scene, path: Path, overwrite: bool) -> None:
        positions = self._positions(scene)
        if not positions:
            self._say(exports.NO_SAMPLES)
        elif self.part.kind == "names":
            if path.exists() and not overwrite:
                self._ask(exports.file_exists(path))
            else:
                save_names(self._samples, path, positions=positions, review=self._review(), overwrite=True)
                self._say(exports.names_saved(path, len(positions)))
        else:
            files, existing = self._opened(scene, path, positions)
            if existing and not overwrite:
                self._ask(existing)
            else:
                self._start(scene, files, positions)

    def _opened(self, scene: Scene, path: Path, positions: Sequence[int]) -> tuple[_Files, str]:
        """Give what writes the files, and what would be replaced; empty for nothing."""
        if self.part.kind == "heatmaps":
            folder = HeatmapFiles(path, scene.drawn_style)
            found = folder.existing(positions)
            return folder, exports.heatmaps_exist(path, found) if found else ""
        is_png = path.suffix.lower() == ".png"
        sheets = ContactSheets(path if is_png else path.with_name(f"{path.name}.png"), scene.style)
        pages = sheets.existing()
        return sheets, exports.file_exists(*pages) if pages else ""

    def _positions(self, scene: Scene) -> Sequence[int]:
        """Give the slider's samples; of a stream without an end, those that were seen."""
        steps = scene.playing.steps
        if scene.playlist.selection is None:
            return range(steps if self._samples.count is not None else steps - 1)
        return [scene.playlist.at(step) for step in range(steps)]

    def _start(self, scene: Scene, files: _Files, positions: Sequence[int]) -> None:
        self._files, self._of = files, exports.OF_NOTHING_ALTERED if scene.state.alters else ""
        self._become(running=True, fraction=0.0, said=exports.exporting(0, len(positions)), asks=False)

        def job(report: Callable[[Progress], None]) -> _Files:
            with closing(files.steps(scene.glances(positions), len(positions), scene.name_of)) as steps:
                for progress in steps:
                    report(progress)
            return files

        self._worker.start(job)

    def _progressed(self, progress: Progress) -> None:
        done, total = progress.done, progress.total or 1
        self._tell(lambda: self._become(fraction=done / total, said=exports.exporting(done, total)))

    def _ended(self, end: _Files | Exception) -> None:
        self._tell(partial(self._finish, self._files, end), last=True)

    def _finish(self, files: _Files | None, end: _Files | Exception) -> None:
        if files is None or files is not self._files or self._worker.running:  # another one began meanwhile
            return
        said = repr(files)
        if isinstance(end, Stopped):
            said = exports.export_stopped(said)
        elif isinstance(end, Exception):
            said = exports.not_exported(_path_of(files), end)
        if files.errors:
            said = exports.first_error(said, *next(iter(files.errors.items())))
        self._become(running=False, said=forms.together(said, self._of))

    # What is said.

    def _say(self, said: str) -> None:
        self._become(said=said, asks=False)

    def _ask(self, existing: str) -> None:
        self._become(said=existing, asks=True)

    def _become(self, **changes: Any) -> None:
        self.part = replace(self.part, **changes)


def _path_of(files: _Files) -> Path:
    return files.folder if isinstance(files, HeatmapFiles) else files.path


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home of an unknown user
        return Path(text)
