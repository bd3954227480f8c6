"""The call that measures speed on this machine."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass

from xai.attribution.patch import Patch
from xai.commands.calls import Json, Note
from xai.models.cards import DEFAULT_MODEL

__all__ = ["Measured", "benchmark"]


@dataclass(frozen=True)
class Measured:
    """What was measured, for a program and for a person.

    Attributes:
        record: what ``--json`` prints.
        text: what is printed without it.
    """

    record: Json
    text: str


def benchmark(args: Namespace, note: Note) -> Measured:
    """Measure the speed of occlusion maps, how it grows with the work, or the start of the dashboard."""
    return {"occlusion": _occlusion, "scaling": _scaling, "startup": _startup}[args.what](args, note)


def _occlusion(args: Namespace, note: Note) -> Measured:
    """The fixed keys are those of the first model; ``models`` holds every model's by name."""
    from xai.benchmark.comparison import Setting  # noqa: PLC0415 - torch, seconds
    from xai.benchmark.contest import compare  # noqa: PLC0415
    from xai.benchmark.machine import this_machine  # noqa: PLC0415
    from xai.benchmark.subjects import some_crops  # noqa: PLC0415
    from xai.benchmark.tables import comparison_table, machine_line  # noqa: PLC0415
    from xai.models.classifiers import pick_device  # noqa: PLC0415

    patch = Patch(args.patch or Patch.size, args.stride or Patch.stride)
    setting = Setting(patch, args.input_size, args.rounds, args.device, tuple(args.skip or ()))
    machine = this_machine(pick_device(args.device))
    crops = some_crops(args.data, args.faces)
    found = [compare(model, crops, setting, note) for model in args.model or [DEFAULT_MODEL]]
    records = {each.model: each.as_dict() for each in found}
    record = {**records[found[0].model], "models": records, "machine": machine.as_dict()}
    return Measured(record, f"{machine_line(machine)}\n\n{comparison_table(found)}")


def _scaling(args: Namespace, note: Note) -> Measured:
    from xai.benchmark.growth import measure_growth  # noqa: PLC0415 - torch, seconds
    from xai.benchmark.machine import this_machine  # noqa: PLC0415
    from xai.benchmark.tables import growth_table, machine_line  # noqa: PLC0415
    from xai.models.classifiers import pick_device  # noqa: PLC0415

    machine = this_machine(pick_device(args.device))
    names = args.model or [DEFAULT_MODEL]
    found = {name: measure_growth(name, args.device, args.rounds, args.mode, note) for name in names}
    models = {
        name: {kind: growth.as_dict() for kind, growth in growths.items()} for name, growths in found.items()
    }
    record = {"mode": args.mode, "models": models, "machine": machine.as_dict()}
    return Measured(record, f"{machine_line(machine)}\n\n{growth_table(found)}")


def _startup(args: Namespace, note: Note) -> Measured:
    from xai.benchmark.startup import measure_startup  # noqa: PLC0415 - only for this

    found = measure_startup(args.rounds, note)
    return Measured(found.as_dict(), found.text())
