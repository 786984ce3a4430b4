"""The commands that help next after a run."""

from collections.abc import Sequence
from pathlib import Path

from harness import advice
from harness.brief import Ended
from harness.case import Case
from harness.check import Status
from harness.ending import ending
from harness.formats import Output
from harness.invocation import Invocation
from harness.trace import Failure
from tests.build import case, compared, outcome, scenario, told, trace, turn

ASKED = Invocation(["area", "role=chat"], ["smoke"])


def planned(*names: str) -> list[Case]:
    """Return cases of scenarios of these names."""
    return [case(scenario(path=Path(f"scenarios/area/{name}.yaml"))) for name in names]


def missed(of: Case, status: Status = "error") -> Ended:
    """Return what is kept of a case of which nothing is recorded."""
    came = trace(turn(stop="error"), error=Failure(kind="missing", message="Nothing."), case_id=of.id)
    return ending(outcome(came, of), told(status, of=of.id).verdict).ended


def ended(of: Case, status: Status = "passed", *, regressed: bool = False) -> Ended:
    """Return what is kept of a case that was played to its end."""
    against = compared(regressed=regressed) if regressed else None
    return ending(outcome(trace(turn(), case_id=of.id), of), told(status, of=of.id).verdict, against).ended


def of_run(
    found: Sequence[Ended], asked: Invocation = ASKED, *, accepted: bool = False, before: bool = True
) -> list[str]:
    """Return the advice on a run."""
    cases = planned(*(one.brief.scenario.partition("/")[2] for one in found))
    again = advice.to_record(asked, cases, found, Path("none"))
    return list(advice.of_run(asked, found, again, accepted=accepted, compared=before))


def test_a_single_case_to_record_has_its_own_command() -> None:
    """The one case that is to be recorded is told with its command and cost; of several the run has one for all."""
    one, two = planned("one", "two")
    assert advice.to_record(ASKED, [one, two], [ended(one), missed(two)], Path("none")) == {
        1: "record it, at least 1 request: harness record area/two"
    }
    assert of_run([ended(one), missed(two)]) == []
    assert list(advice.to_record(ASKED, [one, two], [missed(one), missed(two)], Path("none"))) == [0, 1]
    assert of_run([missed(one), missed(two)]) == [
        "record the 2 cases, at least 2 requests: harness record area role=chat -t smoke"
    ]


def test_what_was_skipped_is_not_to_be_recorded() -> None:
    """Cases that were skipped, since nothing is recorded of them, are no reason to record."""
    one, two = planned("one", "two")
    assert list(advice.to_record(ASKED, [one, two], [missed(one, "skipped"), missed(two)], Path("none"))) == [1]
    assert of_run([missed(one, "skipped"), missed(two, "skipped")]) == []


def test_the_first_failure_is_shown() -> None:
    """Of several failures the first one's command is told."""
    one, two = planned("one", "two")
    assert of_run([ended(one, "failed"), ended(two, "failed")]) == [
        f"look at the first that failed: harness show {one.id}"
    ]


def test_what_regressed_may_be_meant() -> None:
    """Regressions may be accepted, unless they were, or a stored run is compared with, or cases are to be recorded."""
    one, two, three = planned("one", "two", "three")
    found = [ended(one, regressed=True), ended(two)]
    said = "if that is meant, accept 1 case: harness run area role=chat -t smoke --update-baseline"
    assert of_run(found) == [said]
    assert of_run(found, accepted=True) == []
    assert of_run(found, Invocation([], baseline="RUN")) == []
    assert of_run([*found, missed(three)]) == []
    assert of_run(found, Invocation([], skip_missing=True)) == [
        "if that is meant, accept 1 case: harness run --missing skip --update-baseline"
    ]


def test_a_run_goes_on_in_its_forms() -> None:
    """The command that goes on names the run, the project where that was named, and the forms that were asked for."""
    assert advice.go_on(ASKED, "20260301T120000Z-0123abcd") == "harness run --continue 20260301T120000Z-0123abcd"
    forms = (Output("text"), Output("junit", Path("a b.xml")))
    assert advice.go_on(Invocation([], root=Path("x"), forms=forms), "r") == (
        "harness run --root x --continue r --format=text '--format=junit=a b.xml'"
    )


def test_a_first_run_becomes_the_baseline() -> None:
    """Where there is no baseline, a run of all scenarios in which all is right may become it; no other may."""
    one, two = planned("one", "two")
    said = "hold later runs to this one: harness run role=chat --update-baseline"
    asked = Invocation(["role=chat"])
    assert of_run([ended(one), ended(two, "known")], asked, before=False) == [said]
    assert of_run([ended(one)], asked, before=False, accepted=True) == []
    assert said not in of_run([ended(one), ended(two, "failed")], asked, before=False)
    assert said not in of_run([ended(one), missed(two)], asked, before=False)
    for part in (Invocation(["area", "role=chat"]), Invocation([], ["smoke"]), Invocation([], quiet=True)):
        assert of_run([ended(one)], part, before=False) == []


def test_commands_name_the_project() -> None:
    """Where the command line names the project, so do the commands that help next."""
    asked = Invocation(["area"], root=Path("else where"))
    (one,) = planned("one")
    assert of_run([ended(one, "failed")], asked) == [
        f"look at the first that failed: harness show --root 'else where' {one.id}"
    ]
    assert advice.replay(asked) == "harness run --root 'else where' area"
