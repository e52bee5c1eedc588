"""`waglan publish`: a book's head, shown and cosigned, holds under the auditor's file; a mistake is one line."""

import json
import threading
from pathlib import Path

from tests.cli.conftest import Command
from tests.ledger.test_log import SIGNER
from waglan.auditor.verify import main as audit
from waglan.cli.witness import host_and_port, key_at, opened, server_of, watched
from waglan.ledger.cosignature import cosigner_of


def test_a_head_is_shown_with_a_cosignature(desk: Path, book: dict[str, object], waglan: Command) -> None:
    told = json.loads(waglan("publish", "book", "--json").out)
    assert told["entries"] > 300
    assert len(told["signed_by"]) == 1
    made, lock = opened(desk / "w1", key_at(desk / "w1", None), watched([told["key"]]))
    with server_of(made, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        asked = f"http://{host_and_port(server.server_address)} {made.key.text}"
        for _ in range(2):  # the second time replaces the first cosignature
            shown = json.loads(waglan("publish", "book", "--witness", asked, "--json").out)
            assert shown["signed_by"] == [*told["signed_by"], made.key.name]
        server.shutdown()
    lock.release()
    given = [str(desk / "book" / "log"), "--key", told["key"], "--witness", made.key.text]
    assert audit(given) == 0
    assert audit([*given[:3], "--witness", cosigner_of(SIGNER).text]) == 1


def test_whoever_does_not_cosign_is_named(desk: Path, book: dict[str, object], waglan: Command) -> None:
    key = json.loads(waglan("publish", "book", "--json").out)["key"]
    other = SIGNER.verifier.text
    made, lock = opened(desk / "w1", key_at(desk / "w1", None), watched([other]))
    with server_of(made, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        for asked, said in (
            (f"http://{host_and_port(server.server_address)} {made.key.text}", "404 no log"),
            (f"http://127.0.0.1:9 {made.key.text}", "does not answer"),
            (f"http://127.0.0.1:9 {key}", "is of kind 4"),
            ("http://127.0.0.1:9", "an address and a key"),
        ):
            found = waglan("publish", "book", "--witness", asked)
            assert found.status == 2
            assert said in found.err
            assert "Traceback" not in found.err
        server.shutdown()
    lock.release()
