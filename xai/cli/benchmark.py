"""The command that measures speed on this machine."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xai.attribution.occlusion.patch import Patch
from xai.cli.common import Json, Note
from xai.errors import XaiError
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
    """Measure the speed of occlusion maps, how it scales with the work, or which methods can be believed.

    Of the last ``--record`` keeps the figures beside the methods, where the pages read them.

    ``--markdown`` and ``--update`` write the result into a file and into a section of a page, such as
    ``docs/benchmarks.md``.
    """
    from xai.benchmark.report import Section, write_page  # noqa: PLC0415 - only for this

    section = Section.find(args.update, args.what) if args.update else None
    ways = {"occlusion": _occlusion, "scaling": _scaling, "faithfulness": _faithfulness}
    report = ways[args.what](args, note)
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
    if args.what == "faithfulness":
        methods = [f"--method {name}" for name in args.method or ()]
        return " ".join([*words, *methods, f"--data DIR --instances {args.instances} --faces {args.faces}"])
    words += [f"--data DIR --faces {args.faces}"] if args.data else []
    words += [f"--skip {part}" for part in args.skip or ()]
    words += [f"--mode {args.mode}"] if args.what == "scaling" else []
    return " ".join([*words, f"--rounds {args.rounds}"])


def _faithfulness(args: Namespace, note: Note) -> Report:
    from xai.attribution.method_reliability import write_reliability  # noqa: PLC0415
    from xai.attribution.methods import METHODS, find_method  # noqa: PLC0415
    from xai.benchmark.map_faithfulness import (  # noqa: PLC0415
        measure_faithfulness,
        measured_rows,
        reliability_record,
    )
    from xai.benchmark.report import Report, machine_line  # noqa: PLC0415
    from xai.benchmark.system_info import this_machine  # noqa: PLC0415
    from xai.evidence.validation.labelled_faces import read_labelled  # noqa: PLC0415
    from xai.models.classifiers import pick_device  # noqa: PLC0415 - torch, seconds

    if args.record and args.method:
        raise XaiError("What is recorded is all methods: leave out --method or --record.")
    if args.data is None:
        raise XaiError("Faithfulness is measured on labelled faces: name a set with --data.")
    methods = tuple(find_method(name).name for name in args.method or METHODS)
    found = measure_faithfulness(
        read_labelled(args.data, note).faces,
        note,
        models=args.instances,
        per_model=args.faces,
        methods=methods,
        device=args.device,
    )
    machine = this_machine(pick_device(args.device))
    if args.record:
        write_reliability(reliability_record(found, _command(args), machine_line(machine)))
    chance = max(score.chance for score in found.values())
    remark = f"The windows take {chance:.1%} of a picture: mass and rank of a map that says nothing."
    figures = {"methods": {name: score.as_dict() for name, score in found.items()}}
    return Report(figures, machine, measured_rows(found), (remark,), ())


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
