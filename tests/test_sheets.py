from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import found_sheet, published_sheet
from plangraph.errors import FileUnreadable
from plangraph.files import packaged
from plangraph.sheetfiles import SheetWrong, read_sheet
from plangraph.sheets import write_schema, write_sheet


def save(folder: Path, plain: Any, name: str = "one.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(plain) if name.endswith(".json") else yaml.safe_dump(plain), encoding="utf-8")
    return path


def broken(folder: Path, plain: Any) -> set[tuple[str, str]]:
    """Place and rule of everything wrong with a sheet."""
    try:
        read_sheet(save(folder, plain))
    except SheetWrong as error:
        return {(note.pointer, note.rule) for note in error.notes}
    return set()


def test_the_schema_on_disk_is_the_one_the_models_give() -> None:
    on_disk = packaged("data") / "sheet.schema.json"
    assert on_disk.read_text(encoding="utf-8") == write_schema()


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    as_json = read_sheet(save(tmp_path, published_sheet(), "one.json")).sheet
    as_yaml = read_sheet(save(tmp_path, published_sheet(), "one.yaml")).sheet
    assert as_json == as_yaml


def test_a_sheet_written_and_read_again_is_the_same(tmp_path: Path) -> None:
    sheet = read_sheet(save(tmp_path, published_sheet())).sheet
    path = tmp_path / "again.json"
    path.write_text(write_sheet(sheet), encoding="utf-8")
    assert read_sheet(path).sheet == sheet
    assert write_sheet(read_sheet(path).sheet) == write_sheet(sheet)


def with_claim(**changes: Any) -> dict[str, Any]:
    sheet = published_sheet()
    sheet["claims"][0].update(changes)
    return sheet


def path_of(**changes: Any) -> dict[str, Any]:
    return with_claim(attributions=[{"via": [{"kind": "person", "name": "Ann Example"}], **changes}])


WRONG: tuple[tuple[str, dict[str, Any], tuple[str, str]], ...] = (
    ("a member the form does not know", with_claim(colour="red"), ("/claims/0/colour", "extra-forbidden")),
    ("a wrong type", with_claim(formulation=7), ("/claims/0/formulation", "string-type")),
    ("an empty formulation", with_claim(formulation=" "), ("/claims/0/formulation", "string-too-short")),
    ("no attribution", with_claim(attributions=[]), ("/claims/0/attributions", "too-short")),
    ("an id that is no slug", with_claim(id="Troop Cap"), ("/claims/0/id", "string-pattern-mismatch")),
    ("a force that is none", with_claim(deontic="must"), ("/claims/0/deontic", "literal-error")),
    ("a gloss on nothing", with_claim(glosses="other"), ("/claims/0/glosses", "unknown-claim")),
    (
        "a number and a range",
        with_claim(slots={"troopCeiling": {"number": 1, "lowest": 1, "highest": 2, "unit": "persons"}}),
        ("/claims/0/slots/troopCeiling/0", "number-or-range"),
    ),
    (
        "a range the wrong way round",
        with_claim(slots={"troopLevel": {"lowest": 2, "highest": 1, "unit": "persons"}}),
        ("/claims/0/slots/troopLevel/0", "range-order"),
    ),
    (
        "a day that is none",
        path_of(said_on="2025-02-30"),
        ("/claims/0/attributions/0/said_on", "value-error"),
    ),
    (
        "too long a quotation",
        path_of(anchor=" ".join("word" for _ in range(13))),
        ("/claims/0/attributions/0/anchor", "value-error"),
    ),
    (
        "a span that ends before it begins",
        path_of(anchor="word", position=[9, 3]),
        ("/claims/0/attributions/0/position", "span-order"),
    ),
    ("a span without a phrase", path_of(position=[3, 9]), ("/claims/0/attributions/0/anchor", "anchor")),
    (
        "a relay that is not in the sheet",
        with_claim(attributions=[{"via": [{"kind": "relay", "name": "nobody"}]}]),
        ("/claims/0/attributions/0/via/0/name", "unknown-relay"),
    ),
    (
        "two claims of one id",
        {**published_sheet(), "claims": [*published_sheet()["claims"], *published_sheet()["claims"]]},
        ("/claims/1/id", "duplicate-id"),
    ),
    (
        "a relay to itself",
        {**published_sheet(), "relays": [{"id": "reuters", "outlet": "The Example"}]},
        ("/relays/0/outlet", "relay-to-itself"),
    ),
    (
        "a relay of its own document",
        {**published_sheet(), "relays": [{"id": "reuters", "outlet": "Other", "document": "one-page"}]},
        ("/relays/0/document", "relay-to-itself"),
    ),
    (
        "a copy of itself",
        {**published_sheet(), "copy_of": {"document": "one-page", "credited": True}},
        ("/copy_of/document", "copy-of-itself"),
    ),
    (
        "a day and a window",
        {**published_sheet(), "published_not_before": "2025-11-01"},
        ("/published", "one-date"),
    ),
    (
        "a window the wrong way round",
        {
            **published_sheet(),
            "published": None,
            "published_not_before": "2025-11-30",
            "published_not_after": "2025-11-01",
        },
        ("/published_not_before", "date-order"),
    ),
)


@pytest.mark.parametrize(("plain", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_wrong_is_said_with_its_place_and_rule(
    tmp_path: Path, plain: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert broken(tmp_path, plain) == {expected}


def test_twenty_wrong_sheets_were_tried() -> None:
    assert len(WRONG) == 20


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    plain = with_claim(formulation=7, deontic="must")
    plain["document_kind"] = "gossip"
    assert {pointer for pointer, _ in broken(tmp_path, plain)} == {
        "/claims/0/formulation",
        "/claims/0/deontic",
        "/document_kind",
    }


def test_the_untouched_sheet_has_nothing_wrong(tmp_path: Path) -> None:
    assert broken(tmp_path, published_sheet()) == set()
    assert broken(tmp_path, found_sheet()) == set()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", '{"sheet": 2,', "line"),
        ("a.json", '{"sheet": 2, "sheet": 2}', "stands twice"),
        ("a.yaml", "sheet: 2\nsheet: 2\n", "stands twice"),
        ("a.yaml", "sheet: [1", "expected"),
        ("a.txt", "{}", "a sheet is a .json"),
    ],
)
def test_a_file_that_is_no_sheet_is_unreadable(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileUnreadable) as caught:
        read_sheet(path)
    assert said in f"line {caught.value.line}: {caught.value.detail}"


def test_days_in_yaml_stay_days(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    plain = yaml.safe_dump(published_sheet()).replace("published: '2025-11-20'", "published: 2025-11-20")
    path.write_text(plain, encoding="utf-8")
    assert str(read_sheet(path).sheet.published) == "2025-11-20"
