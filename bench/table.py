"""From what the comparisons found to the README's table: ours, the peer in the same run, the aim, and if it was met.

A target that was missed stays in its line with its number. No figure is written here: each comes out of a run.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

BEGIN: Final = "<!-- bench -->"
END: Final = "<!-- /bench -->"


class Line(NamedTuple):
    """One comparison: what, ours, the peer's, the aim in words, and whether it was met (None: no aim)."""

    what: str
    ours: str
    peer: str
    aim: str = ""
    met: bool | None = None


def rows(results: dict[str, Any]) -> list[str]:
    """The table in Markdown, lines in the order of the runs."""
    lines = [line for name, found in results.items() for line in LINES[name](found)]
    marks = {True: "yes", False: "**no**", None: ""}
    head = ["| | ours | peers, same run | aim | met |", "| --- | --- | --- | --- | --- |"]
    return head + [f"| {x.what} | {x.ours} | {x.peer} | {x.aim} | {marks[x.met]} |" for x in lines]


def features(found: dict[str, Any]) -> Iterator[Line]:
    sides = found["sides"]
    one, two = sides["ours, one thread"]["rows_per_s"], sides["ours, two threads"]["rows_per_s"]
    title = f"{found['features']} windowed features, {found['rows']:,} payments, unsorted Arrow to output"
    for name, least in (("Polars", 5.0), ("DuckDB", None), ("pandas", 100.0)):
        rate = sides[name]["rows_per_s"]
        peer = f"{name} {rate:,} rows/s, {one / rate:.1f}x; {sides[name]['differing']:,} cells differ"
        aim, met = (f"{least:.0f}x", one / rate >= least) if least else ("", None)
        yield Line(title, f"{one:,} rows/s, {sides['ours, one thread']['differing']} cells differ", peer, aim, met)
        title = "the same"
    yield Line("the same on two threads", f"{two:,} rows/s", f"one thread {one:,}", "near 2x", two / one >= 1.7)
    live = sides["ours, event by event"]
    yield Line("the same, event by event, state kept", f"{live['rows_per_s']:,} rows/s", "")


def decide(found: dict[str, Any]) -> Iterator[Line]:
    whole, bare = found["one, rules, list, 1% adverse with parts"], found["one, list, no rules, no parts"]
    batch = found["batches, list, no rules, no parts"]
    agree = f"{found['features']} features, {found['trees']} trees; one by one and batches end in " + (
        "one root" if found["agree"] else "DIFFERENT roots"
    )
    yield Line(
        "one decision sealed, rules, list, parts: p50 / p99",
        f"{whole['p50_us']:.0f} / {whole['p99_us']:.0f} us",
        agree,
        "60 / 1,500 us",
        whole["p50_us"] <= 60 and whole["p99_us"] <= 1500,
    )
    yield Line(
        "one decision sealed, no rules, no parts: p50 / p99",
        f"{bare['p50_us']:.0f} / {bare['p99_us']:.0f} us",
        "",
        "25 us",
        bare["p50_us"] <= 25,
    )
    rate = batch["decisions_a_second"]
    yield Line("decisions in batches of 1,000, one core", f"{rate:,}/s", "", "100,000/s", rate >= 100_000)


def parts(found: dict[str, Any]) -> Iterator[Line]:
    timed, times, agreement = found["timed"], found["times"], found["agreement"]
    forest = "{trees} trees x {leaves} leaves x {features} features".format(**found["forest"])

    def pair(work: str, aim: str, least: float) -> Line:
        ours, theirs = timed[f"{work}, ours"]["us_row"], timed[f"{work}, LightGBM"]["us_row"]
        ratio = times[f"{work}, LightGBM"]
        return Line(
            f"{work}, {forest}", f"{ours:.3g} us/row", f"LightGBM {theirs:.4g} us, {ratio:.1f}x", aim, ratio >= least
        )

    yield pair("parts, batch", "5x", 5)
    yield pair("parts, one row", "1x", 1)
    gap = agreement["shapley_from_lightgbm"]
    yield Line("parts, greatest difference before apportioning", f"{gap:.0e}", "LightGBM", "1e-9", gap <= 1e-9)
    yield pair("score, batch", "", 0)._replace(met=None)
    yield pair("score, one row", "", 0)._replace(met=None)


def ledger(found: dict[str, Any]) -> Iterator[Line]:
    tree, seal, store, proofs = found["tree"], found["seal"], found["store"], found["proofs"]
    rate = tree["appends_per_s"]
    peers = f"pymerkle {tree['pymerkle_per_s']:,.0f}/s; hashlib alone, no proofs {tree['bare_hashlib_per_s']:,.0f}/s"
    title = f"append {found['count']:,} commitments, proofs kept, one core"
    yield Line(title, f"{rate:,.0f}/s", peers, "800,000/s", rate >= 800_000)
    yield Line(
        "seal one record", f"{seal['seal_us']:.1f} us", f"two hmac.digest {seal['two_hmac_digest_alone_us']:.1f} us"
    )
    yield Line(
        "records to the store", f"{store['store_per_s']:,.0f}/s", f"sqlite3 alone {store['sqlite3_per_s']:,.0f}/s"
    )
    made, checked = proofs["path_make_us"], proofs["path_check_us"]
    yield Line(
        f"path of one of {found['count']:,} entries, make / check",
        f"{made:.0f} / {checked:.0f} us",
        "",
        "50 / 20 us",
        made <= 50 and checked <= 20,
    )
    whole = f"{proofs['proof_make_us']:.0f} / {proofs['proof_check_us']:.0f} us"
    yield Line("the same with record and commitment", whole, "")


def durable(found: dict[str, Any]) -> Iterator[Line]:
    for name, title in (("one", "one decision"), ("batches_of_100", "decisions in batches of 100")):
        side = found[name]
        ours, bare, sqlite = side["commit"], side["fdatasync"], side["sqlite_full"]
        yield Line(
            f"{title}, on disk before it is answered",
            f"{ours['per_s']:,}/s; p50 {ours['p50_us']:,.0f}, p99 {ours['p99_us']:,.0f} us",
            f"SQLite FULL, the records alone {sqlite['per_s']:,}/s; bare fdatasync {bare['per_s']:,}/s",
            "half of SQLite",
            side["of_sqlite"] >= 0.5,
        )


def vault(found: dict[str, Any]) -> Iterator[Line]:
    cost = found["sealed"]["vault_100_us"]
    yield Line(
        "records under their subjects' keys, each", f"{cost:.1f} us", "the same blocks in plain", "15 us", cost <= 15
    )
    slowest = max(ms for name, ms in found["asked"].items() if name.endswith("_ms"))
    yield Line(f"slowest of five questions to {found['entries']:,} decisions", f"{slowest:.1f} ms", "")


def world(found: dict[str, Any]) -> Iterator[Line]:
    seconds = min(found["seconds"])
    yield Line(f"simulate {found['payments']:,} payments", f"{seconds:.1f} s", "", "10 s", seconds <= 10)


def handbook(found: dict[str, Any]) -> Iterator[Line]:
    def figures(name: str) -> str:
        mean = found[name]["mean"]
        return f"{mean['ap']:.3f} / {mean['auc']:.3f} / {mean['cp100']:.3f}"

    published = "{ap:.3f} / {auc:.3f} / {cp100:.3f}".format(**found["published"])
    near = abs(found["xgboost"]["mean"]["ap"] - found["published"]["ap"]) <= 0.005
    yield Line(
        "fraud benchmark, XGBoost refitted: AP / AUC / CP@100",
        figures("xgboost"),
        f"published {published}",
        ".005",
        near,
    )
    yield Line("fraud benchmark, ours on seven days", figures("ours_week"), f"XGBoost {figures('xgboost')}")
    mean = found["ours"]["mean"]
    met = mean["ap"] >= 0.74 and mean["auc"] >= 0.89 and mean["cp100"] >= 0.313
    yield Line("fraud benchmark, ours on all history", figures("ours"), "", ".74 / .89 / .313", met)
    for one in found["fresh"]:
        gain = one["gain_ap"]["ours"]
        best = max(one[name]["mean"]["ap"] for name in ("xgboost", "xgboost_100") if name in one)
        ours = one["ours"]["mean"]["ap"]
        yield Line(f"fresh seed {one['seed']}: AP", f"{ours:.3f}", f"XGBoost {best:.3f}", "+.045", gain >= 0.045)


def foreign(found: dict[str, Any]) -> Iterator[Line]:
    customs, aml = found["customs"]["rows"], found["amlsim"]["rows"]
    first = customs["results as they come"]["test_macro_f1"]
    yield Line("customs declarations: macro-F1", f"{first:.4f}", "published .7187", ".7187", first > 0.7187)
    trees, plain = aml["lightgbm"]["test_ap"], aml["logistic"]["test_ap"]
    yield Line("laundering accounts: AP by account", f"{trees:.3f}", f"logistic {plain:.3f}")


def credit(found: dict[str, Any]) -> Iterator[Line]:
    titles = {"taiwan": "default of 30,000 card clients", "south-german": "1,000 German loans"}
    for name, title in titles.items():
        said = found[name]
        for kept in ("without_protected", "with_protected"):
            models, best = said[kept]["models"], said[kept]["best"]
            with_ = kept == "with_protected"
            for key, aim in said["targets"].items():
                if key == "calibration_error":
                    error = models[best][key]
                    yield Line("the same, best: calibration error", f"{error:.4f}", "", f"{aim}", error < aim)
                    continue
                row = models[best if key == "best" else key]
                known = ", ".join(
                    f"{peer} {of['auc']:.4f}" for peer, of in said.get("peers_with_protected", {}).items()
                )
                what = f"{title}, {kept.replace('_', ' ')} columns, {key}: AUC"
                yield Line(what, f"{row['auc']:.4f}", known if with_ else "", f"{aim}", row["auc"] >= aim)


def score(found: dict[str, Any]) -> Iterator[Line]:
    for kind, peer in (("scorecard", "optbinning"), ("ebm", "interpret")):
        said = found[kind]
        ours, theirs = said["ours"], said[peer]["predict_proba_s"]
        title = f"{found['rows']:,} applications, {kind} of {found['columns']} columns, one core: "
        times = said["times"]["predict_proba_s, score"]
        yield Line(
            f"{title}score",
            f"{ours['score_s']:.2f} s",
            f"{peer} predict {theirs:.2f} s, {times:.1f}x",
            "20x",
            times >= 20,
        )
        times = said["times"]["predict_proba_s, score_and_parts"]
        whole = ours["score_and_parts_s"]
        met = whole <= 3 and times >= 20
        yield Line(
            "the same with exact parts", f"{whole:.2f} s", f"{peer} predict, no parts, {times:.1f}x", "3 s, 20x", met
        )
        alone = said["one"]["p50_us"]
        yield Line("one application: score, parts, chance", f"{alone:.0f} us", "", "25 us", alone <= 25)


def recourse(found: dict[str, Any]) -> Iterator[Line]:
    finders = dict(found["finders"])
    ours = finders.pop("waglan")
    peers = "; ".join(
        f"{name} {row['ms_p50']:.0f} / {row['ms_p99']:,.0f} ms, {row['valid']} valid, cost {row['cost_median']}"
        for name, row in finders.items()
    )
    said = f"{ours['ms_p50']:.1f} / {ours['ms_p99']:.1f} ms, {ours['valid']} valid, cost {ours['cost_median']}"
    title = f"recourse for {found['applicants']} refused, {found['trees']} trees, least of three columns: p50 / p99"
    yield Line(title, said, peers, "50 ms", ours["ms_p99"] <= 50)


def fairness(found: dict[str, Any]) -> Iterator[Line]:
    said, streams = found["speed"], found["streams"]
    agree = f"{said['rates_differ_by_at_most']:.0e} apart"
    yield Line(
        f"3 fairness rates x 8 groups with intervals, {said['rows']:,} decisions",
        f"{said['ms']:.0f} ms",
        f"Fairlearn, no intervals, {said['fairlearn_rows']:,} decisions {said['fairlearn_ms']:,} ms; {agree}",
        "50 ms",
        said["ms"] <= 50 and said["rates_differ_by_at_most"] < 1e-12,
    )
    fair = streams["fair"]
    each, ours, naive = (
        sum(row[name] for row in fair) for name in ("streams", "alarms", "alarms_of_a_test_at_every_look")
    )
    most = max(row["ninety_by"] or 0 for row in streams["gap"])
    title = f"{each:,} fair streams looked at after every decision: alarms"
    yield Line(title, f"{ours}", f"a test at every look {naive}", "under 5%", ours < 0.05 * each)
    met = all(row["ninety_by"] for row in streams["gap"])
    yield Line("a gap of .10 alarms in 90% of streams by", f"{most:,} decisions at the latest", "", "stated", met)


def options(found: dict[str, Any]) -> Iterator[Line]:
    timed, times = found["timed"], found["times"]
    apart = max(value for name, value in found["agreement"].items() if name != "room_is_the_kernel")
    title = f"{found['options']:,} European options x {found['scenarios']:,} scenarios, values, one thread"
    ours = timed["values, ours"]["million_s"]
    for name, ratio in times.items():
        peer = f"{name.removeprefix('values, ')} {timed[name]['million_s']:.2f} M/s, {ratio:.0f}x"
        yield Line(
            title, f"{ours:.0f} M/s", f"{peer}; {apart:.0e} apart at most", "60 M/s, 1e-9", ours >= 60 and apart <= 1e-9
        )
        title = "the same"
    cents = timed["cents, ours"]["million_s"]
    yield Line("the same as whole cents, scenario-major", f"{cents:.0f} M/s", "", "60 M/s", cents >= 60)
    room = timed["room, ours"]["million_s"]
    yield Line("the same from records, checked and laid out", f"{room:.0f} M/s", "", "60 M/s", room >= 60)


def risk(found: dict[str, Any]) -> Iterator[Line]:
    shape, timed, times = found["book"], found["timed"], found["times"]
    book = f"{shape['positions']:,} positions x {shape['scenarios']:,} scenarios"
    aims = {"parts": (1000, None), "small order": (6, 11), "fill": (20, None)}
    titles = {"parts": f"component ES in whole cents, {book}: p50 / p99", "small order": "ES after an order: p50 / p99"}
    for name, (middle, most) in aims.items():
        took = timed[f"{name}, ours"]
        peer = f"numpy {timed[f'{name}, numpy']['p50_us']:.1f} us, {times[name]:.1f}x"
        met = took["p50_us"] <= middle and (most is None or took["p99_us"] <= most)
        aim = f"{middle} us" if most is None else f"{middle} / {most} us"
        title = titles.get(name, "a fill, VaR and ES kept: p50 / p99")
        yield Line(title, f"{took['p50_us']:.1f} / {took['p99_us']:.1f} us", peer, aim, met)


def guard(found: dict[str, Any]) -> Iterator[Line]:
    shape, timed = found["book"], found["timed"]
    asked, peer = timed["order, ours"], timed["order, numpy"]
    title = f"guard: ES, VaR, {shape['limits']} limits of {shape['scopes']} scopes after an order: p50 / p99"
    told = f"numpy, ES and VaR alone {peer['p50_us']:.1f} us, {peer['p50_us'] / asked['p50_us']:.1f}x"
    met = asked["p50_us"] <= 6 and asked["p99_us"] <= 11
    yield Line(title, f"{asked['p50_us']:.1f} / {asked['p99_us']:.1f} us", told, "6 / 11 us", met)


def contributions(found: dict[str, Any]) -> Iterator[Line]:
    title = f"component ES, {found['assets']:,} assets x {found['scenarios']:,} scenarios"
    for name, peer in found["peers"].items():
        told = f"{name} {peer['seconds']:.2f} s, {peer['times']:,}x; {peer['apart']:.0e} apart at most"
        met = peer["times"] >= 100 and peer["apart"] <= 1e-10
        yield Line(title, f"{found['us']:.0f} us", told, "100x, 1e-10", met)


def generation(found: dict[str, Any]) -> Iterator[Line]:
    timed, times = found["timed"], found["times"]
    title = f"a day's end: {found['factors']} factors filtered, {found['scenarios']:,} scenarios: least / p50"
    for name in ("scipy", "arch"):
        peer = f"{name} {timed[name]['p50_us'] / 1000:.1f} ms, {times[name]:.0f}x; {found['apart'][name]:.0e} apart"
        ours = f"{timed['filtered']['us'] / 1000:.2f} / {timed['filtered']['p50_us'] / 1000:.2f} ms"
        yield Line(title, ours, peer, "1 ms", timed["filtered"]["p50_us"] <= 1000)
        title = "the same"


def exceptions(found: dict[str, Any]) -> Iterator[Line]:
    for span in next(iter(found.values()))["spans"]:
        methods = [one["spans"][span]["methods"] for one in found.values()]
        told = {name: ", ".join(str(m[name]["held"]["exceptions"]) for m in methods) for name in methods[0]}
        title = f"days beyond VaR 99% in {int(span):,}, {int(span) // 100} expected: {', '.join(found)}"
        peers = f"plain history {told['historical']}; normals {told['montecarlo']}; moments {told['parametric']}"
        green = all(m["filtered"]["held"]["zone"] == "green" for m in methods)
        yield Line(title, f"filtered {told['filtered']}", peers, "green", green)


def fills(found: dict[str, Any]) -> Iterator[Line]:
    title = f"{found['fills']:,} fills, {found['instruments']:,} positions x {found['scenarios']:,} scenarios: sealed"
    told = f"positions, VaR, ES and rows alone {found['state_s']:.1f} s; totals at the end as numpy's"
    yield Line(
        title, f"{found['sealed_s']:.1f} s, {found['sealed_us']:.1f} us each", told, "30 s", found["sealed_s"] < 30
    )


def research(found: dict[str, Any]) -> Iterator[Line]:
    noise, halves, figures = found["noise"], found["cscv"], found["figures"]
    title = f"best of {noise['trials']:,} strategies without skill, {noise['seeds']} seeds: called noise"
    alone = f"probabilistic ratio alone above .99 in {noise['alone_above_99']}"
    word, least = noise["called_noise"], 0.9 * noise["seeds"]
    yield Line(title, f"{word}", alone, "90%", word >= least)
    spread = " / ".join(f"{noise['deflated'][name]:.2f}" for name in ("p5", "p50", "p95"))
    stands = ", ".join(f"{count} at an annual {skill}" for skill, count in noise["skill_stands"].items())
    yield Line(
        "the same, deflated ratio: p5 / p50 / p95", spread, f"true skill among them stands: {stands}", "about .5"
    )
    title = f"overfitting over {halves['splits']:,} splits x {halves['trials']:,} trials, {halves['periods']:,} days"
    peer = f"numpy {halves['numpy_seconds']:.2f} s, {halves['times']:.0f}x; {halves['logits_apart']:.0e} apart"
    yield Line(title, f"{halves['seconds']:.3f} s", peer, "0.2 s", halves["seconds"] <= 0.2)
    beside = figures["peer"]
    peer = (
        f"empyrical, {beside['figures']} of them {beside['us']:,.0f} us; {beside['apart']:.0e} apart" if beside else ""
    )
    yield Line(f"figures of {figures['periods']:,} days' returns", f"{figures['us']:.0f} us", peer)


LINES: Final[dict[str, Callable[[dict[str, Any]], Iterator[Line]]]] = {
    "features": features,
    "decide": decide,
    "parts": parts,
    "ledger": ledger,
    "durable": durable,
    "vault": vault,
    "world": world,
    "handbook": handbook,
    "foreign": foreign,
    "score": score,
    "recourse": recourse,
    "fairness": fairness,
    "credit": credit,
    "options": options,
    "risk": risk,
    "guard": guard,
    "contributions": contributions,
    "fills": fills,
    "generation": generation,
    "exceptions": exceptions,
    "research": research,
}


def written(readme: Path, machine: str, lines: list[str]) -> None:
    """Put the table between its marks. AssertionError if the marks are not there."""
    text = readme.read_text()
    assert text.count(BEGIN) == text.count(END) == 1, f"{readme} has one {BEGIN} and one {END}"
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n\n{machine}\n\n" + "\n".join(lines) + f"\n\n{END}{after}")
