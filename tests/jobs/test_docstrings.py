"""Help texts come from numpydoc docstrings."""

from deeplabcut.jobs.docstrings import parse


def test_a_docstring_is_taken_apart():
    found = parse(
        """Read ``n`` frames
        of a video.

        More about `Video`, and
        about :func:`read`.

        Parameters
        ----------
        video : path
            A file
            of any format.

            Even this one.
        start_s, stop_s : float, optional
            In seconds: from here.
        n
            Without a type.
        crop : list of four, in pixels
        *frames
            Several.

        Returns
        -------
        array : (n, height, width, 3)
            Not a parameter.
        """
    )
    assert found.summary == "Read n frames of a video."
    assert found.description == "More about Video, and about read."
    assert found.parameters == {
        "video": "A file of any format. Even this one.",
        "start_s": "In seconds: from here.",
        "stop_s": "In seconds: from here.",
        "n": "Without a type.",
        "crop": "list of four, in pixels",
        "frames": "Several.",
    }


def test_a_missing_docstring_is_empty():
    assert parse(None) == parse("")
    assert parse(None).parameters == {}


def test_a_docstring_of_one_line_has_no_description():
    assert parse("Count.").summary == "Count."
    assert parse("Count.").description == ""


def test_indented_examples_keep_their_lines():
    assert parse("Do.\n\n::\n\n    a = 1\n    b = 2\n").description.endswith("    a = 1\n    b = 2")
