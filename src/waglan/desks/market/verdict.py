"""What the backtest says of one model, in sentences: the count, the worst window, the tests it does not stand.

A long green total can hide a red year, so the worst rolling window is named whenever its light was not green; and that
nothing speaks against a model is said only where every test was made and stood.
"""

from typing import Final

from waglan.desks.market.shown import listed, model_name, standing
from waglan.govern.backtest import ModelTest
from waglan.pages.markup import Text
from waglan.pages.numbers import count, day, decimal
from waglan.pages.words import say
from waglan.schema.units import MICRO

FAILING: Final = ("rejected", "doubtful")


def verdict(model: ModelTest, window: int, zone: str) -> Text:
    """All sentences in one text; window: days of a rolling light, zone: of the dates."""
    told = [
        say(
            f"market.m_{model.whole.zone}",
            name=model_name(model),
            exceptions=count(model.exceptions),
            days=count(model.days),
            expected=decimal(model.expected_micro, MICRO, 1),
        ),
        *_worst(model, window, zone),
        *_tests(model),
    ]
    return Text(*(blank.join(forms) for blank, forms in zip((" ", "", ""), zip(*told, strict=True), strict=True)))


def _worst(model: ModelTest, window: int, zone: str) -> list[Text]:
    worst = model.worst
    if worst is None:
        return [say("market.m_short", days=count(window))]
    if worst.zone == "green":
        return []
    between = {"start": day(worst.from_ns, zone), "end": day(worst.to_ns, zone)}
    return [say(f"market.m_worst_{worst.zone}", days=count(worst.days), exceptions=count(worst.exceptions), **between)]


def _tests(model: ModelTest) -> list[Text]:
    found = {key: [say(f"market.d_{name}") for name, stood in standings(model) if stood == key] for key in FAILING}
    told = [say(f"market.m_{key}", tests=listed(names)) for key, names in found.items() if names]
    attributed = model.attribution
    if attributed is not None and attributed.zone != "green":
        told.append(say(f"market.m_attribution_{attributed.zone}"))
    lights = {light.zone for light in (model.whole, model.worst) if light is not None}
    whole = model.worst is not None and model.shortfall is not None and attributed is not None
    if whole and not told and lights == {"green"}:
        told.append(say("market.m_stands"))
    return told


def standings(model: ModelTest) -> list[tuple[str, str | None]]:
    """Each test by name: stands, doubtful or rejected; None without a p. Those of ES only where they were made."""
    counted = {"kupiec": model.kupiec, "independence": model.independence, "coverage": model.coverage}
    ps = {name: one.p_micro if one.p_exact_micro is None else one.p_exact_micro for name, one in counted.items()}
    found = model.shortfall
    if found is not None:
        ps |= {"z1": found.z1.p_micro, "z2": found.z2.p_micro, "z3": found.z3.p_micro}
    return [(name, standing(p)) for name, p in ps.items()]
