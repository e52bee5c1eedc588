"""A made-up market book for the page: seeded, of the size and shape of a real one; its backtest is truly counted."""

import random
from hashlib import sha256

import numpy as np

from tests.desks.fraud.example import example as of_fraud
from waglan.desks.market.report import (
    Closed,
    Convention,
    Counted,
    Label,
    LimitLine,
    MarketReport,
    Scenario,
    Scope,
    Stopped,
    Totals,
)
from waglan.govern.backtest import Backtest
from waglan.govern.backtesting import Question, judged
from waglan.govern.breaches import Breach, Waiver
from waglan.govern.forecasts import Forecasts
from waglan.risk.contributions import CROSS, Contributions, Part
from waglan.risk.liquidity import Liquid, Set
from waglan.risk.regulation import regulation
from waglan.risk.reverse import Move, Reverse
from waglan.risk.stress import Shock, Stress, Stressed
from waglan.schema.units import DAY_NS, HOUR_NS

NOW = 1_773_734_400_000_000_000
ZONE = "Asia/Hong_Kong"
ES = 1_512_345_678
VAR = 1_263_900_012
BOOKS = ("cash_equities", "equity_derivatives", "fx_options", "fx_spot")
TRADERS = ("CASH1", "EQD1", "EQD2", "FXO1", "FXS1")
FACTORS = ("HSI", "TECH1", "BANK1", "USD/HKD", "CNH/HKD", "HKD 3m", "HSI vol", "USD vol")
METHODS = ("filtered", "historical", "parametric", "montecarlo")
LABELS = (
    ("cash_equities", "cash equities", "現貨股票", "现货股票"),
    ("equity_derivatives", "equity derivatives", "股票衍生工具", "股票衍生品"),
    ("fx_options", "currency options", "外匯期權", "外汇期权"),
    ("fx_spot", "currencies, spot", "即期外匯", "即期外汇"),
    ("es_total", "expected shortfall of all books", "所有賬目的預期虧損", "所有账目的预期尾部损失"),
    ("es_book", "expected shortfall of a book", "個別賬目的預期虧損", "个别账目的预期尾部损失"),
    ("vega_book", "vega of a book", "個別賬目的 vega", "个别账目的 vega"),
    ("name_25", "exposure to one counterparty", "對單一交易對手的承擔", "对单一交易对手的敞口"),
    ("stop_trader", "stop-loss of a trader", "交易員止蝕限額", "交易员止损限额"),
    ("hedge_under_way", "a hedge is under way", "對沖正在進行", "对冲正在进行"),
)


def shares(rng: random.Random, names: tuple[str, ...], total: int, var: int, cross: bool = False) -> tuple[Part, ...]:
    """Parts that sum to both totals, some of them below zero."""
    weights = [rng.choice((1, 1, 1, -0.35)) * rng.paretovariate(1.2) for _ in names]
    scale = sum(weights)
    if scale < 0.2 * max(weights):
        return shares(rng, names, total, var, cross)
    left, left_var, parts = total, var, []
    for i, (name, weight) in enumerate(zip(names, weights, strict=True)):
        last = i == len(names) - 1 and not cross
        es, own = (left, left_var) if last else (int(0.93 * total * weight / scale), int(0.9 * var * weight / scale))
        left, left_var = left - es, left_var - own
        parts.append(Part(name, own, es, None if cross else own - abs(own) // 7, None if cross else es - abs(es) // 9))
    return (*parts, Part(CROSS, left_var, left)) if cross else tuple(parts)


def scenarios(seed: int, number: int) -> tuple[Scenario, ...]:
    """P&L with fat tails, the greeks beside it too mild."""
    draws = np.random.default_rng(seed).standard_t(4, number) * 4.4e8
    order = {int(i) for i in np.argsort(draws)[: -(-number * 25 // 1000)]}
    found = []
    for i, draw in enumerate(draws.tolist()):
        pnl = int(draw)
        greeks = int(draw * 0.97 + 3e-11 * draw * draw + 1.2e7 * ((i * 37) % 11 - 5))
        found.append(Scenario(label=f"2023-{i % 12 + 1:02}-{i % 28 + 1:02}/{i}", pnl_minor=pnl, greeks_minor=greeks,
                              tail=i in order))  # fmt: skip
    return tuple(found)


def backtest(seed: int, days: int) -> Backtest:
    """Four models over a market whose volatility clusters: one follows it, three are late or too mild."""
    rng = np.random.default_rng(seed)
    wave = np.exp(0.55 * np.sin(np.arange(days) / 130) + 0.4 * np.sin(np.arange(days) / 37))
    pnl = (rng.standard_t(5, days) * 3.4e8 * wave).astype(np.int64)
    theoretical = (pnl * 0.96 + rng.standard_normal(days) * 3e7).astype(np.int64)
    stamps = NOW - (days - np.arange(days)) * 7 * DAY_NS // 5
    slow = np.convolve(np.pad(wave, (120, 0), mode="edge"), np.ones(120) / 120, "valid")[:days]
    tests = []
    for i, (method, width) in enumerate(zip(METHODS, (wave, slow, wave * 0.86, wave * 0.95), strict=True)):
        draws = (np.random.default_rng(3).standard_t(5, 400)[None, :] * 3.4e5 * width[:, None]).astype(np.int64)
        of = Forecasts("fx-hkd", method, sha256(method.encode()).hexdigest(), i == 0, "", stamps, pnl, theoretical, pnl,
                       (width * 1.15e9).astype(np.int64), (width * 1.34e9).astype(np.int64), draws * 1000)  # fmt: skip
        tests.append(judged(of, Question(ZONE, draws=60)))
    champion = tests[0]
    books = []
    for name in BOOKS:
        part = (pnl // 4 + (rng.standard_t(5, days) * 1e8).astype(np.int64)).astype(np.int64)
        own = Forecasts("fx-hkd", "filtered", champion.digest, True, name, stamps, part, part, part,
                        (wave * 4e8).astype(np.int64), (wave * 4.7e8).astype(np.int64))  # fmt: skip
        books.append(judged(own, Question(ZONE, draws=10), series=False))
    return Backtest(home="HKD", zone=ZONE, var_tail_micro=10_000, es_tail_micro=25_000, window=250,
                    models=tuple(tests), books=tuple(books))  # fmt: skip


def stresses(rng: random.Random) -> tuple[Stressed, ...]:
    """A crash that was, a peg that was not broken yet, a rise of rates, a gain."""
    told = [
        ("1987-day", "26 October 1987, one day", "1987年10月26日單日", "1987年10月26日单日", False, "1987-10-19",
         "1987-10-26", -9_100_000_000,
         (("HSI", "equity", "share", -333_300), ("HSI vol", "volatility", "amount", 500_000))),
        ("2008", "October 2008", "2008年10月", "2008年10月", False, "2008-10-24", "2008-10-27", -5_300_000_000,
         (("HSI", "equity", "share", -127_000),)),
        ("peg-850", "The peg is given up: 8.50 for a dollar", "聯繫匯率失守：8.50", "联系汇率失守：8.50", True, "", "",
         -2_450_000_000, (("USD/HKD", "fx", "share", 89_000), ("HKD 3m", "rate", "amount", 30_000))),
        ("rates-300", "Rates up by 300 bp", "息率上升 300 點子", "利率上升 300 个基点", True, "", "", -240_000_000,
         (("HKD 3m", "rate", "amount", 30_000),)),
        ("cnh-10", "The renminbi falls by a tenth", "人民幣下跌一成", "人民币下跌一成", True, "", "", 610_000_000,
         (("CNH/HKD", "fx", "share", -100_000),)),
    ]  # fmt: skip
    found = []
    for code, en, hant, hans, thought, since, until, pnl, moves in told:
        source = "thought up" if thought else "Index 3,362.39 to 2,241.69 (a newspaper of the day)"
        stress = Stress(
            code=code, en=en, zh_hant=hant, zh_hans=hans, hypothesis=thought, since=since, until=until, source=source
        )
        moved = {name for name, *_ in moves}
        shocks = [Shock(name, kind, how, "factor", micro) for name, kind, how, micro in moves]
        shocks += [Shock(name, "equity", "share", "still", 0) for name in FACTORS if name not in moved]
        lines = tuple(f"TECH{i + 1}" for i in range(5))
        cut = [int(pnl * rng.uniform(0.05, 0.3)) for _ in lines[1:]]
        found.append(Stressed(stress, pnl, int(pnl * 0.8), lines, (pnl - sum(cut), *cut), tuple(shocks)))
    return tuple(found)


def reverse() -> tuple[Reverse, ...]:
    """One loss that is met, one that is not."""
    moves = (
        Move("HSI", "equity", "share", -71_000, -5_900_000, -2_600_000_000),
        Move("HSI vol", "volatility", "amount", 90_000, 3_100_000, 210_000_000),
        Move("TECH1", "equity", "share", -88_000, -4_400_000, -700_000_000),
        Move("USD/HKD", "fx", "share", 210, 600_000, -40_000_000),
        Move("HKD 3m", "rate", "amount", 2_100, 900_000, -12_000_000),
    )
    cross = -3_000_400_000 - sum(move.pnl_minor for move in moves)
    met = Reverse(3_000_000_000, True, -3_000_400_000, 6_120_000, 10_000, 12_000_000, "student", 4_600_000,
                  410_000_000_000, 900_000_000_000, moves, cross, 2_040)  # fmt: skip
    return met, Reverse(20_000_000_000, False, -9_400_000_000, None, 10_000, 12_000_000, "normal", None, None, None,
                        moves, -9_400_000_000 - sum(move.pnl_minor for move in moves), 2_900)  # fmt: skip


def limits() -> tuple[LimitLine, ...]:
    """One limit of each state, and a dozen that nobody comes near."""
    lines = [
        ("es_total", "es_total", "total", "", ES, 1_400_000_000, 2_000_000_000, None, "soft"),
        ("es_book", "es_book", "book", "equity_derivatives", 1_108_000_000, 800_000_000, 1_000_000_000, None, "hard"),
        ("es_book", "es_book", "book", "fx_options", 520_000_000, 400_000_000, 500_000_000, 650_000_000, "waived"),
        ("es_book", "es_book", "book", "fx_spot", 84_000_000, 400_000_000, 500_000_000, None, "within"),
        ("vega_book", "vega_book", "book", "equity_derivatives", 41_000_000, None, 60_000_000, None, "within"),
        ("stop_trader", "pnl_trader", "trader", "EQD2", 61_000_000, 50_000_000, 80_000_000, None, "soft"),
        ("stop_trader", "pnl_trader", "trader", "EQD1", -13_000_000, 50_000_000, 80_000_000, None, "within"),
    ]
    lines += [("name_25", "exposure_counterparty", "counterparty", f"Bank {letter}", 10**10 * i, None, 2 * 10**11, None,
               "within") for i, letter in enumerate("ABCDEFGH")]  # fmt: skip
    return tuple(
        LimitLine(code=code, of=of, by=by, key=key, used_minor=used, soft_minor=soft, hard_minor=hard,
                  waived_minor=waived, state=state)
        for code, of, by, key, used, soft, hard, waived, state in lines
    )  # fmt: skip


def breaches() -> tuple[Breach, ...]:
    """One of each state."""
    t = NOW - 2 * DAY_NS
    waiver = Waiver(id="W1", position=9_020, ts_ns=t + 3 * HOUR_NS, amount_minor=650_000_000, until_ns=NOW + DAY_NS,
                    maker="staff 31", checker="staff 07", reason="hedge_under_way")  # fmt: skip

    def one(i: int, state: str, key: str, grade: str = "hard", stage: str = "fill", **more: object) -> Breach:
        facts: dict[str, object] = {
            "id": f"F{i}", "limit": "es_book", "grade": grade, "by": "book", "key": key, "state": state,
            "position": 9_000 + i, "raised_ns": t + i * HOUR_NS, "stage": stage, "trader": "EQD1", "verb": grade,
            "value_minor": 1_020_000_000, "limit_minor": 1_000_000_000, "worst_minor": 1_190_000_000,
            "worst_ns": t + 5 * HOUR_NS, "last_minor": 1_108_000_000, "last_ns": NOW - HOUR_NS, "last_id": f"F{i + 40}",
            "decisions": 14, "held_ns": t + i * HOUR_NS,
        }  # fmt: skip
        return Breach(**{**facts, **more})  # type: ignore[arg-type]

    return (
        one(1, "overdue", "equity_derivatives", due_ns=None, missed=("acknowledge",)),
        one(2, "waived", "fx_options", acknowledged_ns=t + 3 * HOUR_NS, acknowledged_by="staff 31", waivers=(waiver,)),
        one(3, "acknowledged", "cash_equities", "soft", acknowledged_ns=t + 4 * HOUR_NS, acknowledged_by="staff 12",
            due_ns=NOW + 8 * HOUR_NS),
        one(4, "raised", "fx_spot", "soft", "order", due_ns=NOW + 2 * HOUR_NS),
        one(6, "cured", "cash_equities", "soft", "order", cured_ns=t + 9 * HOUR_NS, cured_by="F78"),
        one(5, "cured", "fx_spot", acknowledged_ns=t + 6 * HOUR_NS, acknowledged_by="staff 12", missed=("cure",),
            cured_ns=t + 30 * HOUR_NS, cured_by="F77"),
    )  # fmt: skip


def scopes(parts: tuple[Part, ...]) -> tuple[Scope, ...]:
    """The total, four books, five traders."""
    rows = [
        Scope(by="total", key="", es_minor=ES, var_minor=VAR, es_part_minor=ES, notional_minor=812_345_678_900,
              pnl_minor=-61_234_567, delta_minor=120_000_000_000, gamma_minor=-310_000_000, vega_minor=41_000_000)
    ]  # fmt: skip
    rows += [
        Scope(by="book", key=part.name, es_minor=abs(part.es_minor) * 13 // 10, var_minor=abs(part.var_minor) * 4 // 3,
              es_part_minor=part.es_minor, notional_minor=2 * 10**11 + i, pnl_minor=-15_000_000 * i,
              delta_minor=3 * 10**10 - i * 10**9, gamma_minor=-7 * 10**7, vega_minor=10**7 * i)
        for i, part in enumerate(parts)
    ]  # fmt: skip
    rows += [
        Scope(by="trader", key=trader, es_minor=ES // (3 + i), var_minor=VAR // (3 + i), notional_minor=10**11,
              pnl_minor=10**7 * (i - 2))
        for i, trader in enumerate(TRADERS)
    ]  # fmt: skip
    return tuple(rows)


def example(seed: int = 8, days: int = 5_600, number: int = 1_000) -> MarketReport:
    """The whole record; the proof is another book's, to its own root."""
    rng = random.Random(seed)
    proof = of_fraud(cases=1, queue=2, entries=40).proof
    options = (f"HSI H6 {kind}{i}" for kind in "CP" for i in range(80, 130, 10))
    positions = (*(f"TECH{i}" for i in range(1, 9)), *options, "USD", "CNH", "EUR", "USD Z5 C100", "CNH Z5 P100",
                 "BANK1", "BANK2", "CONS4", "UTIL1")  # fmt: skip
    books = shares(rng, BOOKS, ES, VAR)
    found = Contributions("total", "", 10_000, 25_000, "exact", VAR, ES, sha256(b"scenarios").hexdigest(),
                          shares(rng, positions, ES, VAR), books, shares(rng, TRADERS, ES, VAR),
                          shares(rng, ("Bank A", "Bank B", "Fund E", "Exchange", "TECH1 Ltd"), ES, VAR),
                          shares(rng, FACTORS, ES, VAR, cross=True))  # fmt: skip
    stopped = tuple(
        Stopped(id=f"O{i}", ts_ns=NOW - i * HOUR_NS, book="equity_derivatives", trader="EQD1", instrument="HSI H6 P90",
                quantity=-400 * i, reasons=("limit:es_book", "soft:es_total"), es_before_minor=ES - 10**8,
                es_after_minor=ES + 10**8 * i)
        for i in range(1, 5)
    )  # fmt: skip
    counts = (("order", "within", 4_211), ("order", "soft", 380), ("order", "hard", 41), ("fill", "within", 3_977),
              ("measure", "within", 812), ("order", "no_price", 6))  # fmt: skip
    sets = tuple(Set(d, FACTORS[i:], ES * 3 // (i + 1)) for i, d in enumerate((10, 20, 40, 60, 120)))
    return MarketReport(
        recipe="hk-market", recipe_digest=sha256(b"recipe").digest(), universe_digest=sha256(b"universe").digest(),
        home="HKD", zone=ZONE, simulated=True,
        totals=Totals(from_ns=NOW - 60 * DAY_NS, to_ns=NOW, days=days, decided=9_421, log_entries=proof.size,
                      log_bytes=1_204_112, root=proof.root),
        convention=Convention(var_tail_micro=10_000, es_tail_micro=25_000, quantile="ceil", shortfall="exact",
                              method="filtered", scenarios=number, seed=7, decay_micro=940_000,
                              scenarios_digest=sha256(b"scenarios").digest()),
        scopes=scopes(books), scenarios=scenarios(seed, number),
        closed=Closed(hypothetical_minor=-41_000_000, theoretical_minor=-40_500_000, actual_minor=-38_112_233,
                      var_minor=1_190_000_000, es_minor=1_400_000_000, exception=False),
        liquid=Liquid(ES * 17 // 5, sets, 10, 10, False, 25_000), law=regulation(),
        contributions=found, backtest=backtest(seed, days), stresses=stresses(rng),
        reverse=reverse(), limits=limits(), breaches=breaches(),
        counted=tuple(Counted(stage=stage, code=code, number=n) for stage, code, n in counts),
        stopped=stopped, proof=proof,
        labels=tuple(Label(code=code, en=en, zh_hant=hant, zh_hans=hans) for code, en, hant, hans in LABELS),
    )  # fmt: skip
