"""Clients take turns, and a full queue is shared."""

from __future__ import annotations

import random

import pytest

from plangraph.turns import Turns


def fill(most: int, *entries: str) -> Turns[str]:
    """A queue with entries such as ``a1``, whose client is the letter."""
    turns: Turns[str] = Turns(most)
    for entry in entries:
        assert turns.add(entry[0], entry) is None
    return turns


def take_all(turns: Turns[str]) -> list[str]:
    return [turns.take() for _ in range(len(turns))]


def test_clients_take_turns_and_each_is_served_in_order() -> None:
    assert take_all(fill(9, "a1", "a2", "a3", "b1", "c1", "b2")) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_an_entry_that_had_its_turn_is_next_even_if_the_queue_is_full() -> None:
    turns = fill(2, "a1", "b1")
    turns.put_back("c", "c1")
    assert take_all(turns) == ["c1", "a1", "b1"]


def test_in_a_full_queue_the_one_with_most_places_gives_its_last_to_a_newcomer() -> None:
    turns = fill(3, "a1", "a2", "a3")
    assert turns.add("b", "b1") == "a3"
    assert turns.add("a", "a4") == "a4"  # nobody holds more than the newcomer would
    assert turns.add("b", "b2") == "b2"
    assert take_all(turns) == ["a1", "b1", "a2"]


def test_a_queue_of_no_places_refuses_everybody() -> None:
    turns: Turns[str] = Turns(0)
    assert turns.add("a", "a1") == "a1"
    with pytest.raises(IndexError):
        turns.take()


def test_the_length_is_that_of_the_entries_whatever_happens() -> None:
    chance, turns, steps = random.Random(7), Turns[int](20), 0
    for step in range(5_000):
        client = chance.choice("abc")
        match chance.randrange(4):
            case 0 | 1:
                turns.add(client, step)
            case 2 if len(turns):
                turns.take()
            case 3 if turns.held:
                holder = chance.choice(list(turns.held))
                assert turns.remove(holder, chance.choice(list(turns.held[holder])))
        assert not turns.remove("nobody", step)
        assert len(turns) == len(turns.list_entries()) <= 20
        assert all(turns.held.values())
        steps += 1
    assert steps == 5_000
