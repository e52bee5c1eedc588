"""A venue's rules as a table to read: each dated row in words, with its source. The reference page holds it."""

from waglan.exchange.rows import Closure, Fee, Holidays, Hours, Later, Lots, Row, Settling, Shorting, Spreads, Weather
from waglan.exchange.venue import Venue


def places(number: int, digits: int) -> str:
    """A whole number with a decimal point before its last digits, without idle zeros: 12500 with 3 is 12.5."""
    text = f"{number:0{digits + 1}d}"
    whole, rest = text[: len(text) - digits], text[len(text) - digits :].rstrip("0")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")


def fee_words(fee: Fee) -> str:
    """A fee in words: its rate in per cent, its amounts in minor units."""
    parts = [f"{places(fee.rate_e8, 6)}%"] if fee.rate_e8 or not fee.fixed_minor else []
    parts += [f"{fee.fixed_minor} minor units"] if fee.fixed_minor else []
    parts += [f"at least {fee.minimum_minor:,}"] if fee.minimum_minor else []
    parts += [f"at most {fee.maximum_minor:,}"] if fee.maximum_minor else []
    parts += [f"rounded up to {fee.step_minor}"] if fee.rounding == "up" else []
    parts += [f"per {fee.per}"] + [word for word in (fee.side, fee.liquidity) if word != "both"]
    return ", ".join(parts)


def hours_words(row: Hours) -> str:
    """The phases of a day, each with its hours and how far a limit may lie."""

    def words(at: int) -> str:
        phase = row.phases[at]
        end = phase.end.strftime("%H:%M") if phase.end is not None else "24:00"
        band = f" within {places(phase.band_micro, 4)}% of {phase.band_of}" if phase.band_micro else ""
        return f"{phase.begin.strftime('%H:%M')}-{end} {phase.phase}{band}{', ends at random' * phase.random_end}"

    return "; ".join(words(at) for at in range(len(row.phases)))


def words(row: Row, digits: int) -> str:
    """What a row says."""
    match row:
        case Fee():
            return fee_words(row)
        case Hours():
            return hours_words(row)
        case Spreads(bands=((top, 1),)) if top >> 60:
            return "every whole price"
        case Spreads():
            return "; ".join(f"to {places(top, digits)}: {places(step, digits)}" for top, step in row.bands)
        case Lots():
            whole = "whole board lots" if row.odd == "separate" else "any quantity"
            return whole + (f", at most {row.lots_max:,} an order" if row.lots_max else "")
        case Settling():
            return f"T+{row.days}"
        case Shorting():
            return "no floor" if row.floor == "none" else f"not below the {row.floor.replace('-', ' ')}"
        case Weather():
            return "stops trading" if row.trading == "stops" else "trading goes on"
        case Later():
            return row.what
        case Holidays():
            return "days without trading"
    raise AssertionError(f"no words for {type(row)}")


def closure_words(closure: Closure) -> str:
    """What the weather left of a day."""
    if closure.whole:
        return "no trading"
    return f"from {closure.opens:%H:%M}" if closure.opens is not None else f"until {closure.closes:%H:%M}"


def rules(venue: Venue) -> str:
    """Every dated row of a venue as a Markdown table."""
    lines = ["| rule | from | until | what | verified | source |", "| --- | --- | --- | --- | --- | --- |"]
    for name, row in venue.rows():
        cells = (name, row.begin, row.until or "", words(row, venue.price_digits), "yes" if row.verified else "no")
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} | {row.source} |")
    return "\n".join(lines) + "\n"


def weather(venue: Venue) -> str:
    """Every day that the weather changed as a Markdown table, and whether the calendar library has it right."""
    lines = ["| day | trading | why | library | verified | source |", "| --- | --- | --- | --- | --- | --- |"]
    for c in venue.closures:
        why = f"{c.signal}: {c.why}"
        lines.append(
            f"| {c.day} | {closure_words(c)} | {why} | {c.library} | {'yes' if c.verified else 'no'} | {c.source} |"
        )
    return "\n".join(lines) + "\n"
