"""Pointers against a text; the text here is our own, so that the test needs no article."""

import hashlib

import pytest

from builders import read
from plangraph.errors import EvidenceMissing
from plangraph.evidence import Examination, examine
from plangraph.index import Index

TEXT = "Müller said so. The rest is silence."
SLUG = "2025-01-01-example"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def document(
    *,
    start: int = 0,
    end: int = 15,
    phrase: str = "said so",
    digest: str | None = None,
    coverage: str = "0.4286",
    text: str = TEXT,
) -> Index:
    span = sha(TEXT[start:end]) if digest is None else digest
    return Index(
        read(
            f"""
            document:{SLUG} a pg:Document ; pg:textLength {len(TEXT)} ; pg:textDigest "{sha(text)}" ;
                pg:evidenceCoverage {coverage} .
            evidence:e oa:hasSource document:{SLUG} ; oa:hasSelector evidence:p, evidence:q ;
                pg:spanDigest "{span}" .
            evidence:p oa:start {start} ; oa:end {end} . evidence:q oa:exact "{phrase}" .
            """
        )
    )


def faults(index: Index, text: str = TEXT) -> list[str]:
    return [fault.message for fault in examine(index, SLUG, text).faults]


def test_a_right_pointer_holds_and_offsets_are_code_points() -> None:
    examination = examine(document(), SLUG, TEXT)
    assert isinstance(examination, Examination)
    assert not examination.faults
    assert (examination.words, examination.covered) == (7, 3)
    assert examination.uncovered == ("The", "rest", "is", "silence")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"phrase": "said no"}, "the key phrase does not stand between 0 and 15"),
        ({"digest": "0" * 64}, "spanDigest is not that of the text between 0 and 15"),
        ({"end": 99, "digest": "x", "coverage": "0.0"}, "0 to 99 is not a span of a text of 36 code points"),
        ({"coverage": "1.0"}, "evidenceCoverage is 1.0, the pointers cover 0.4286"),
        ({"text": "another"}, "textDigest is not that of this text: it is another text, or another edition"),
    ],
)
def test_a_wrong_pointer_is_named_with_what_is_wrong(change: dict[str, object], expected: str) -> None:
    found = faults(document(**change))  # type: ignore[arg-type]
    assert len(found) == 1 and found[0].startswith(expected)


def test_a_text_of_another_length_is_said_to_be_one() -> None:
    found = faults(document(), TEXT + " More.")
    assert f"textLength is {len(TEXT)}, the text has {len(TEXT) + 6} code points" in found


def test_an_unknown_document_is_an_error_of_its_own() -> None:
    with pytest.raises(EvidenceMissing, match="no-such-document"):
        examine(document(), "no-such-document", TEXT)
