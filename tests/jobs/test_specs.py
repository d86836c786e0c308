"""A job is a verb's name and checked arguments; the signature is the only list of options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.errors import InvalidInput
from deeplabcut.jobs.forms import to_json
from deeplabcut.jobs.specs import JobSpec, spec_of
from deeplabcut.jobs.verbs import VERBS


@pytest.fixture
def form(test_verbs):
    return spec_of(test_verbs.everything)


def test_fields_follow_the_signature(form):
    names = [field.name for field in form.fields]
    assert names[:3] == ["config", "videos", "engine"]
    assert [field.name for field in form.fields if field.required] == ["config", "videos"]
    assert form.field("shuffle").default == 1
    assert form.field("config").help == "The project's config.yaml."
    assert form.field("shuffles").help == form.field("shuffle").help == "Of the training set."
    assert form.summary == "Echo all arguments."
    assert form.description == "The text below everything says more, in two lines."


def test_arguments_without_a_json_form_are_left_out_or_reduced(form):
    assert "choose" not in [field.name for field in form.fields]
    assert form.field("image").checked("a.png") == Path("a.png")


def test_a_required_argument_without_a_json_form_is_refused():
    def verb(image: bytes) -> None: ...

    with pytest.raises(TypeError, match="image"):
        spec_of(verb)


def test_an_argument_without_a_type_is_refused():
    def verb(image) -> None: ...

    with pytest.raises(TypeError, match="image has no type"):
        spec_of(verb)


def test_passing_through_arguments_are_refused():
    def verb(**options: int) -> None: ...

    with pytest.raises(TypeError, match="options"):
        spec_of(verb)


def test_the_schema_is_a_form(form):
    schema = form.json_schema()
    assert schema["required"] == ["config", "videos"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["dynamic"]["default"] == [False, 0.5, 10]
    assert schema["properties"]["colour"] | {"description": ""} == {
        "type": "string", "enum": ["red", "blue"], "title": "colour", "default": "red", "description": "",
    }  # fmt: skip
    assert "TF" in json.dumps(schema["properties"]["engine"])


def test_an_unknown_argument_names_the_nearest(form):
    with pytest.raises(InvalidInput, match=r"(?s)'shufle'.*did you mean shuffle\?"):
        form.checked({"config": "c", "videos": [], "shufle": 2})


def test_a_missing_argument_is_named_with_its_type(form):
    with pytest.raises(InvalidInput, match=r"(?s)Missing: videos.*a list \(a path each\)"):
        form.checked({"config": "c"})


def test_a_wrong_value_says_what_is_allowed(form):
    with pytest.raises(InvalidInput, match=r"plotting is 7\. Allowed: true, false, bodypart or individual\."):
        form.checked({"config": "c", "videos": [], "plotting": 7})


def test_T29_a_decimal_comma_is_explained(form):
    with pytest.raises(InvalidInput, match=r"write 2\.5: the decimal separator is a point"):
        form.read({"start_s": ["2,5"]})


def test_T21_a_name_that_is_no_text_is_explained(form):
    with pytest.raises(InvalidInput, match="not valid UTF-8: rename the file"):
        form.read({"config": ["\udcff.yaml"]})


def test_a_job_survives_its_journey(test_verbs):
    job = JobSpec.of(
        "everything",
        {
            "config": Path("a/c.yaml"),
            "videos": ["v.mp4", Path("w")],
            "engine": test_verbs.Engine.TF,
            "crop": (1, 2, 3, 4),
        },
        verbs=test_verbs.TABLE,
    )
    again = JobSpec.from_json(job.to_json(), verbs=test_verbs.TABLE)
    assert again == job
    values = again.call(verbs=test_verbs.TABLE)
    assert values["engine"] is test_verbs.Engine.TF
    assert values["crop"] == (1, 2, 3, 4)
    assert values["videos"] == ["v.mp4", "w"]


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {"config": st.text(st.characters(exclude_categories=["Cs"])), "videos": st.lists(st.just("v.mp4"))},
        optional={
            "shuffle": st.integers(-5, 5),
            "start_s": st.none() | st.floats(allow_nan=False),
            "dynamic": st.tuples(st.booleans(), st.floats(0, 1), st.integers(0, 9)),
            "updates": st.none() | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers()),
            "snapshot": st.integers() | st.sampled_from(["best", "all"]),
        },
    )
)
def test_any_arguments_arrive_as_they_were_sent(test_verbs, arguments):
    job = JobSpec.of("everything", arguments, verbs=test_verbs.TABLE)
    values = JobSpec.from_json(job.to_json(), verbs=test_verbs.TABLE).call(verbs=test_verbs.TABLE)
    assert {name: values[name] for name in arguments} == arguments


@pytest.mark.parametrize(
    "verb",
    ["os:system", "deeplabcut.core.recovery:sweep", "subprocess.run", "__import__", "", "everything.__globals__"],
)
def test_a_job_from_elsewhere_can_only_name_verbs_of_the_list(verb):
    with pytest.raises(InvalidInput, match="There is no command"):
        JobSpec.from_json(json.dumps({"verb": verb, "arguments": {}}))


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", '{"verb": 3}', '{"verb": "doctor", "code": "1"}', '{"verb": "doctor", "arguments": []}',
     "[" * 5000, '{"verb": "doctor", "arguments": {"timeout_s": NaN, "x": ' + "[" * 3000],
)  # fmt: skip
def test_text_that_is_not_a_job_is_refused(text):
    with pytest.raises(InvalidInput, match="not a job"):
        JobSpec.from_json(text)


def test_arguments_from_elsewhere_are_checked_before_anything_runs():
    with pytest.raises(InvalidInput, match="timeout_s"):
        JobSpec.from_json('{"verb": "doctor", "arguments": {"timeout_s": "__import__(\'os\')"}}')


@pytest.mark.parametrize(
    "address", ["os:system", "deeplabcut.jobs.specs:_detail", "deeplabcut.jobs.specs:JobSpec", "x"]
)
def test_only_public_functions_of_the_package_have_forms(address):
    with pytest.raises(InvalidInput):
        spec_of(address)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_of_the_list_has_a_form(verb):
    form = spec_of(verb.address)
    assert form.summary
    json.dumps(form.json_schema())
    for field in form.fields:
        if not field.required:
            field.checked(to_json(field.default))
