"""Tokens: what their file may say, and what each allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from plangraph.access import SCOPES, Scope, read_access
from plangraph.errors import FileUnreadable, PlangraphError
from plangraph.write_errors import ScopeMissing, TokenMissing

LONG = "a-plain-token-0123"


def write_tokens(folder: Path, text: str) -> str:
    path = folder / "tokens"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("short\n", "16 characters"),
        ("a token with spaces\n", "no space"),
        ("# nobody\n", "no token"),
        (f"{LONG} scopes=write\n", "read, submit, curate"),
        (f"{LONG} name=two,words!\n", "letters"),
        (f"{LONG} curate\n", "name= or scopes="),
        (f"{LONG}\n\n{LONG} name=again\n", "already"),
        (None, "read"),
    ],
)
def test_a_file_of_tokens_that_will_not_do_is_told(tmp_path: Path, text: str | None, complaint: str) -> None:
    path = tmp_path / "tokens"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(FileUnreadable, match=complaint):
        read_access(str(path))


def test_a_token_may_be_kept_as_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(
        "sha256:c8cddc40c36a5b8d1c80fc06c2fd9ae82ee4a1bcea8d37bd5ab2bd5fba55a9a1 # none of ours\n"
        "a-plain-token-0123  # for trials\n"
    )
    access = read_access(str(path))
    access.check("Bearer a-plain-token-0123")
    access.check("bearer  a-plain-token-0123 ")
    for wrong in (None, "", "Bearer", "Bearer a-plain-token-012", "Bearer " + "c8cddc40" * 8):
        with pytest.raises(TokenMissing):
            access.check(wrong)
    assert issubclass(TokenMissing, PlangraphError)


@pytest.mark.parametrize(
    ("written", "widest"), [("read", 0), ("submit", 1), ("curate", 2), ("read,submit", 1)]
)
def test_a_scope_includes_those_before_it_and_no_other(tmp_path: Path, written: str, widest: int) -> None:
    access = read_access(write_tokens(tmp_path, f"{LONG} name=ada scopes={written}\n"))
    for place, scope in enumerate(SCOPES):
        if place <= widest:
            assert access.check(f"Bearer {LONG}", scope).name == "ada"
        else:
            with pytest.raises(ScopeMissing, match=f"scope {scope}; the token of ada has"):
                access.check(f"Bearer {LONG}", scope)


def test_a_token_without_name_and_scopes_may_do_everything_and_is_named_by_its_digest(tmp_path: Path) -> None:
    access = read_access(write_tokens(tmp_path, f"{LONG}\n"))
    scopes: list[Scope] = ["read", "submit", "curate"]
    names = {access.check(f"Bearer {LONG}", scope).name for scope in scopes}
    assert len(names) == 1
    assert names.isdisjoint({LONG})
    assert access.tokens[0].digest.hex().startswith(names.pop())
