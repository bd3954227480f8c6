"""The command that measures speed on this machine."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xai.attribution.occlusion.patch import Patch
from xai.cli.common import Json, Note
from xai.models.cards import DEFAULT_MODEL

if TYPE_CHECKING:
    from xai.benchmark.report import Report

__all__ = ["Measured", "benchmark"]


@dataclass(frozen=True)
class Measured:
    """A benchmark's result, for programs and for readers.

    Attributes:
        record: what ``--json`` prints.
        text: what is printed without it.
    """

    record: Json
    text: str


def benchmark(args: Namespace, note: Note) -> Measured:
    """Measure the speed of occlusion maps, or how it scales with the work.

    ``--markdown`` and ``--update`` write the result into a file and into a section of a page, such as
    ``docs/benchmarks.md``.
    """
    from xai.benchmark.report import Section, write_page  # noqa: PLC0415 - only for this

    section = Section.find(args.update, args.what) if args.update else None
    report = {"occlusion": _occlusion, "scaling": _scaling}[args.what](args, note)
    text = report.markdown(_command(args))
    if args.markdown:
        write_page(f"{text}\n", args.markdown)
    if section:
        section.fill(text)
    return Measured(report.record, report.text)


def _command(args: Namespace) -> str:
    """The command line, for a page; folders of this machine are left out."""
    words = ["python -m xai benchmark", args.what, *(f"--model {name}" for name in args.model or ())]
    words += [f"--{name} {share:.4g}" for name in ("patch", "stride") if (share := getattr(args, name))]
    words += [f"--input-size {args.input_size}"] if args.input_size else []
    words += [f"--data DIR --faces {args.faces}"] if args.data else []
    words += [f"--skip {part}" for part in args.skip or ()]
    words += [f"--mode {args.mode}"] if args.what == "scaling" else []
    return " ".join([*words, f"--rounds {args.rounds}"])


def _occlusion(args: Namespace, note: Note) -> Report:
    """The top-level keys are those of the first model; ``models`` has every model's by name."""
    from xai.benchmark.occlusion import compare  # noqa: PLC0415
    from xai.benchmark.occlusion_result import Setting  # noqa: PLC0415
    from xai.benchmark.report import Report, comparison_remarks, comparison_rows  # noqa: PLC0415
    from xai.benchmark.system_info import this_machine  # noqa: PLC0415
    from xai.benchmark.targets import comparison_bars  # noqa: PLC0415 - torch, seconds
    from xai.benchmark.workloads import some_crops  # noqa: PLC0415
    from xai.models.classifiers import pick_device  # noqa: PLC0415

    patch = Patch(args.patch or Patch.size, args.stride or Patch.stride)
    setting = Setting(patch, args.input_size, args.rounds, args.device, tuple(args.skip or ()))
    machine = this_machine(pick_device(args.device))
    crops = some_crops(args.data, args.faces)
    found = [compare(model, crops, setting, note) for model in args.model or [DEFAULT_MODEL]]
    records = {each.model: each.as_dict() for each in found}
    figures = {**records[found[0].model], "models": records}
    bars = [bar for each in found for bar in comparison_bars(each)]
    return Report(figures, machine, comparison_rows(found), comparison_remarks(found), bars)


def _scaling(args: Namespace, note: Note) -> Report:
    from xai.benchmark.report import Report, growth_rows, together_line  # noqa: PLC0415
    from xai.benchmark.scaling import measure_growth, measure_together  # noqa: PLC0415
    from xai.benchmark.system_info import this_machine  # noqa: PLC0415
    from xai.benchmark.targets import growth_bars, together_bar  # noqa: PLC0415 - torch, seconds
    from xai.benchmark.workloads import load_workload  # noqa: PLC0415
    from xai.models.classifiers import pick_device  # noqa: PLC0415

    machine = this_machine(pick_device(args.device))
    names = args.model or [DEFAULT_MODEL]
    found = {name: measure_growth(name, args.device, args.rounds, args.mode, note) for name in names}
    shared = {}
    for name in names:
        note(f"{name}: several faces and models in one call, {args.mode}")
        shared[name] = measure_together(load_workload(name, args.device), args.rounds, args.mode)
    figures = {
        "mode": args.mode,
        "models": {
            name: {kind: growth.as_dict() for kind, growth in growths.items()}
            for name, growths in found.items()
        },
        "together": {name: each.as_dict() for name, each in shared.items()},
    }
    bars = [*growth_bars(found), *map(together_bar, shared.values())]
    return Report(figures, machine, growth_rows(found), [*map(together_line, shared.values())], bars)
