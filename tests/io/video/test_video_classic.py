"""`VideoReader`, `VideoWriter` and the video tools behave as scripts expect them to."""

import os
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest

from deeplabcut.core.errors import InvalidInput, StorageError
from deeplabcut.io.video import classic, tools
from deeplabcut.io.video.classic import VideoReader, VideoWriter
from tests.io.video import barcode, clips


@pytest.fixture
def path(tmp_path):
    return clips.write(tmp_path / "v.mp4", n=30)


@pytest.fixture
def reader(path):
    with VideoReader(str(path)) as reader:
        yield reader


@pytest.fixture
def writer(path):
    with VideoWriter(str(path)) as writer:
        yield writer


@pytest.fixture
def damaged(tmp_path):
    """An avi whose frames 4 and 5 cannot be decoded."""
    source = clips.write(tmp_path / "damaged.avi", n=10, codec="mjpeg")
    content = bytearray(source.read_bytes())
    for offset, size, _ in barcode.packet_places(source)[4:6]:
        content[offset : offset + size] = bytes(size)
    source.write_bytes(content)
    return source


def number(image):
    return clips.numbers([image])[0]


# --- VideoReader


def test_a_path_that_is_no_file_is_a_value_error(tmp_path):
    for wrong in (tmp_path, tmp_path / "nowhere.mp4"):
        with pytest.raises(ValueError, match="no such video"):
            VideoReader(str(wrong))


def test_T11_a_file_that_is_no_video_is_an_os_error(tmp_path):
    (tmp_path / "fake.avi").write_bytes(b"42")
    with pytest.raises(OSError, match=r"fake\.avi"):
        VideoReader(str(tmp_path / "fake.avi"))


def test_a_reader_knows_its_facts(reader, tmp_path):
    assert len(reader) == reader.get_n_frames() == reader.get_n_frames(robust=True) == 30
    assert reader.calc_duration() == pytest.approx(1.2) == reader.calc_duration(robust=True)
    assert (reader.width, reader.height) == reader.dimensions == (64, 48)
    assert (reader.name, reader.format, reader.directory) == ("v", ".mp4", str(tmp_path))
    assert reader.metadata == {"n_frames": 30, "fps": 25.0, "width": 64, "height": 48}


def test_the_rate_has_two_decimals(tmp_path):
    with VideoReader(clips.write(tmp_path / "v.mp4", fps=30000 / 1001)) as reader:
        assert reader.fps == 29.97


def test_the_rate_can_be_set_and_changes_the_duration(reader):
    reader.fps = 10
    assert reader.fps == 10 and reader.calc_duration() == 3
    for wrong in (0, -5):
        with pytest.raises(ValueError, match="above 0"):
            reader.fps = wrong


def test_frames_come_in_order_as_contiguous_rgb_and_end_with_none(reader):
    frames = [reader.read_frame() for _ in range(30)]
    assert clips.numbers(frames) == list(range(30))
    assert all(f.dtype == np.uint8 and f.flags.c_contiguous and clips.has_right_colours(f) for f in frames)
    assert reader.read_frame() is None and reader.read_frame() is None


def test_reading_goes_on_from_the_frame_that_was_set(reader):
    reader.set_to_frame(17)
    assert [number(reader.read_frame()) for _ in range(2)] == [17, 18]
    reader.set_to_frame(3)
    assert number(reader.read_frame()) == 3
    reader.reset()
    assert number(reader.read_frame()) == 0


def test_a_negative_frame_is_an_error_and_one_beyond_the_end_is_the_last(reader):
    with pytest.raises(ValueError, match="no frame -1"):
        reader.set_to_frame(-1)
    with pytest.warns(UserWarning, match="beyond the end"):
        reader.set_to_frame(99)
    assert number(reader.read_frame()) == 29
    assert reader.read_frame() is None


def test_frames_can_be_cropped_and_shrunk(reader):
    reader.set_bbox(10, 50, 4, 34)
    whole, cropped = reader.read_frame(), None
    reader.reset()
    cropped = reader.read_frame(crop=True)
    np.testing.assert_array_equal(cropped, whole[4:34, 10:50])
    reader.reset()
    shrunk = reader.read_frame(shrink=3)
    np.testing.assert_array_equal(shrunk, cv2.resize(whole, (21, 16), interpolation=cv2.INTER_AREA))
    reader.reset()
    assert reader.read_frame(shrink=4, crop=True).shape == (7, 10, 3)
    assert reader.read_frame(shrink=1000).shape == (1, 1, 3)


def test_a_box_sets_the_size_and_keeps_whole_pixels(reader):
    for box in ((0, 64, 0, 48), (1, 2, 3, 4), (7, 61, 11, 43), (21, 22, 0, 1)):
        reader.set_bbox(*box)
        assert reader.get_bbox() == box
        assert (reader.width, reader.height) == (box[1] - box[0], box[3] - box[2])
    assert reader.get_bbox(relative=True) == (21 / 64, 22 / 64, 0, 1 / 48)


def test_a_box_may_be_given_in_fractions(reader):
    reader.set_bbox(0, 0.5, 0.25, 1, relative=True)
    assert reader.get_bbox() == (0, 32, 12, 48)
    assert reader.get_bbox(relative=True) == (0, 0.5, 0.25, 1)


def test_without_a_box_the_whole_frame_counts(reader):
    assert reader.get_bbox() == (0, 64, 0, 48)


@pytest.mark.parametrize("box", [(200, 100, 0, 10), (0, 10, 5, 5), (0, 0, 0, 10), (70, 90, 0, 10)])
def test_a_box_without_pixels_is_an_error(reader, box):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="box"):
            reader.set_bbox(*box)


def test_a_box_larger_than_the_frame_is_cut_with_a_warning(reader):
    with pytest.warns(UserWarning, match="cut to fit"):
        reader.set_bbox(0, 1.5, 0, 0.5, relative=True)
    assert reader.get_bbox(relative=True) == (0, 1, 0, 0.5)
    with pytest.warns(UserWarning, match="cut to fit"):
        reader.set_bbox(-5, 10, 0, 100)
    assert reader.get_bbox() == (0, 10, 0, 48)


def test_an_unbelievable_number_of_frames_is_said(path, monkeypatch):
    monkeypatch.setattr(classic, "_UNBELIEVABLE", 10)
    with pytest.warns(UserWarning, match="claims 30 frames"):
        VideoReader(path).close()


def test_metadata_can_be_parsed_again(reader):
    reader.fps = 3
    reader.parse_metadata()
    assert reader.fps == 25


def test_T12_a_damaged_frame_is_black_and_announced_and_the_others_keep_their_numbers(damaged):
    with VideoReader(damaged) as reader, pytest.warns(UserWarning, match="Frame 4 .* cannot be read"):
        frames = [reader.read_frame() for _ in range(5)]
        with pytest.warns(UserWarning, match="Frame 5"):
            frames += [reader.read_frame() for _ in range(5)]
        assert reader.read_frame() is None
    assert clips.numbers(frames) == [0, 1, 2, 3, 0, 0, 6, 7, 8, 9]
    assert frames[4].max() == 0 and frames[4].shape == frames[3].shape


def test_an_intact_video_passes_the_checks_in_silence_and_without_a_log(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tools.check_video_integrity(str(path))
    assert clips.names_in(path.parent) == ["v.mp4"]


def test_what_is_wrong_with_a_video_goes_to_a_log_beside_it(damaged):
    with pytest.warns(UserWarning) as warned:
        tools.check_video_integrity(str(damaged))
    log = damaged.with_suffix(".log").read_text()
    assert "2 damaged" in log and "4-5" in log
    said = [str(warning.message) for warning in warned]
    assert any("is damaged; see" in text and "damaged.log" in text for text in said)
    assert sum("cannot be read" in text for text in said) == 2


def test_T9_in_a_read_only_folder_the_check_only_warns(damaged, monkeypatch):
    def refuse(*_):
        raise StorageError("No permission to write damaged.log.")

    monkeypatch.setattr(classic, "atomic_write_bytes", refuse)
    with VideoReader(damaged) as reader, pytest.warns(UserWarning, match=r"could not be saved.*2 damaged"):
        reader.check_integrity()
    assert not damaged.with_suffix(".log").exists()


def test_T17_reading_and_checking_never_touch_the_video(path, damaged):
    before = clips.state_of(path), clips.state_of(damaged)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for video in (path, damaged):
            tools.check_video_integrity(video)
            with VideoReader(video) as reader:
                reader.set_to_frame(7)
                reader.read_frame(shrink=2, crop=True)
                reader.get_n_frames(robust=True)
    assert (clips.state_of(path), clips.state_of(damaged)) == before


# --- VideoWriter


def test_a_writer_is_a_reader_with_a_codec_a_resolution_and_a_rate(path):
    with VideoWriter(str(path), codec="mp4v", dpi=50, fps=12) as writer:
        assert isinstance(writer, VideoReader)
        assert (writer.codec, writer.dpi, writer.fps) == ("mp4v", 50, 12)
        assert clips.stream_of(writer.shorten("00:00:00", "00:00:01"))[0] == "mpeg4"


def test_outputs_go_beside_the_video_or_into_a_folder_with_the_suffix_appended(writer, tmp_path):
    (tmp_path / "deep").mkdir()
    assert writer.make_output_path("short", None) == str(tmp_path / "vshort.mp4")
    assert writer.make_output_path("short", tmp_path / "deep") == str(tmp_path / "deep" / "vshort.mp4")
    assert writer.make_output_path("_x", str(tmp_path / "deep")) == str(tmp_path / "deep" / "v_x.mp4")
    output = writer.crop(dest_folder=str(tmp_path / "deep"))
    assert output == str(tmp_path / "deep" / "vcrop.mp4") and isinstance(output, str) and os.path.exists(output)


@pytest.mark.parametrize("suffix", ["/../x", "../../x", "a/b"])
def test_a_suffix_leads_to_no_other_folder(writer, suffix):
    with pytest.raises(InvalidInput, match="part of a file name"):
        writer.crop(suffix)


def test_shorten_keeps_what_lies_between_two_times(tmp_path):
    with VideoWriter(clips.write(tmp_path / "v.mp4", n=80)) as writer:
        output = writer.shorten("00:00:01", "00:00:02")
        assert output.endswith("vshort.mp4")
        assert clips.numbers_in(output) == [i % 32 for i in range(25, 50)]
        assert len(clips.read(writer.shorten("00:00:01.2", "0:0:1.4", suffix="fine"))) == 5


@pytest.mark.parametrize("wrong", ["1", "00:01", "foo", "00:61:00", "00:00:60", "aa:bb:cc", "", "-0:00:01"])
def test_a_time_that_is_not_hh_mm_ss_is_an_error(writer, wrong):
    with pytest.raises(ValueError, match="HH:MM:SS"):
        writer.shorten(wrong, "00:00:01")
    with pytest.raises(ValueError, match="HH:MM:SS"):
        writer.shorten("00:00:00", wrong)


def test_a_time_beyond_the_end_is_an_error(writer):
    for start, end in (("00:00:00", "00:01:00"), ("00:00:05", "00:00:06"), ("10:00:00", "10:00:01")):
        with pytest.raises(ValueError, match=r"lasts 1\.20 s"):
            writer.shorten(start, end)


def test_a_start_after_the_end_is_an_error(writer):
    with pytest.raises(ValueError, match="no frame from"):
        writer.shorten("00:00:01", "00:00:00")


def test_without_validation_plain_seconds_and_a_late_end_are_fine(writer):
    assert clips.numbers_in(writer.shorten("1", "99:00:00", validate_inputs=False)) == [25, 26, 27, 28, 29]
    assert len(clips.read(writer.shorten("00:00.5", 0.6, suffix="b", validate_inputs=False))) == 2


def test_split_gives_equal_parts_that_are_numbered_from_one(writer, tmp_path):
    parts = writer.split(4)
    assert parts == [str(tmp_path / f"vsplit{i}.mp4") for i in (1, 2, 3, 4)]
    assert [n for part in parts for n in clips.numbers_in(part)] == list(range(30))
    for wrong in (1, 0, -2):
        with pytest.raises(ValueError, match="at least 2"):
            writer.split(wrong)


def test_crop_keeps_the_box(writer):
    writer.set_bbox(11, 41, 5, 35)
    images = clips.read(writer.crop())
    assert images[0].shape == (30, 30, 3) and len(images) == 30


def test_rotate_turns_by_an_angle_or_by_a_quarter(tmp_path):
    source = clips.write(tmp_path / "v.mp4", n=3, draw=clips.corners)
    with VideoWriter(source) as writer:
        turned = clips.read(writer.rotate(180))[0]
        assert turned.shape == (48, 64, 3) and clips.colours_in_corners(turned) == "WBGR"
        quarter = clips.read(writer.rotate(33, rotatecw="Yes", suffix="q"))[0]
        assert quarter.shape == (64, 48, 3) and clips.colours_in_corners(quarter) == "BRWG"
        for wrong in ("No", "no", "yes", ""):
            with pytest.raises(ValueError, match="'Yes', 'Arbitrary'"):
                writer.rotate(10, rotatecw=wrong)


def test_rescale_scales_and_turns(tmp_path):
    source = clips.write(tmp_path / "v.mp4", n=3, draw=clips.corners)
    with VideoWriter(source) as writer:
        assert clips.read(writer.rescale(32))[0].shape == (24, 32, 3)
        assert clips.read(writer.rescale(32, 40, suffix="b"))[0].shape == (40, 32, 3)
        assert clips.read(writer.rescale(-1, 24, rotatecw="Yes", suffix="c"))[0].shape == (32, 24, 3)
        half = clips.read(writer.rescale(64, 48, rotatecw="Arbitrary", angle=180.0, suffix="d"))[0]
        assert clips.colours_in_corners(half) == "WBGR"
        with pytest.raises(ValueError, match="rotatecw"):
            writer.rescale(32, rotatecw="Maybe")


def test_an_existing_output_is_kept(writer, tmp_path):
    (tmp_path / "vcrop.mp4").write_bytes(b"older work")
    assert writer.crop() == str(tmp_path / "vcrop.mp4")
    assert (tmp_path / "vcrop.mp4").read_bytes() == b"older work"


@pytest.mark.parametrize("suffix", [".avi", ".mkv", ".mpg", ".MP4", ".webm"])
def test_outputs_keep_the_format_of_the_video(tmp_path, suffix):
    source = clips.write(tmp_path / f"v{suffix}", n=10, codec="vp9" if suffix == ".webm" else "h264")
    with VideoWriter(source) as writer:
        assert clips.numbers_in(writer.rescale(32)) == list(range(10))
        assert writer.make_output_path("x", None).endswith(f"vx{suffix}")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp"])
def test_a_frame_can_be_written_to_an_image_file(tmp_path, suffix):
    VideoWriter.write_frame(clips.picture(9), tmp_path / f"é {suffix}")
    image = tools.imread(tmp_path / f"é {suffix}")
    assert clips.has_right_colours(image) and number(image) == 9


def test_an_image_format_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"\.xyz"):
        VideoWriter.write_frame(clips.picture(9), tmp_path / "a.xyz")


@pytest.mark.parametrize("frame", [np.zeros((5, 5)), np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8)])
def test_an_array_that_is_no_frame_is_not_written(tmp_path, frame):
    with pytest.raises(InvalidInput, match="uint8 array"):
        VideoWriter.write_frame(frame, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


# --- the tools


def test_the_tools_make_the_files_of_the_reference(tmp_path):
    source = str(clips.write(tmp_path / "v.mp4", n=60))
    (tmp_path / "out").mkdir()
    made = [
        tools.shorten_video(source, start="00:00:01", stop="00:00:02"),
        tools.crop_video(source, width=32, height=20, origin_x=8, origin_y=4),
        tools.downsample_video(source, height=24),
        tools.downsample_video(source, width=20, height=-1, outsuffix="tiny", outpath=str(tmp_path / "out")),
        tools.rotate_video(source, 45),
        tools.shorten_video(source, "00:00:00", "00:00:01", "first", str(tmp_path / "out")),
    ]
    names = ["vshort", "vcropped", "vdownsampled", "out/vtiny", "vrotated", "out/vfirst"]
    assert made == [str(tmp_path / f"{name}.mp4") for name in names]
    shapes = [clips.read(path)[0].shape[:2] for path in made]
    assert shapes == [(48, 64), (20, 32), (24, 32), (16, 20), (48, 64), (48, 64)]


def test_a_crop_that_reaches_over_the_edge_is_cut_with_a_warning(path):
    with pytest.warns(UserWarning, match="cut to fit"):
        output = tools.crop_video(path)  # 256 x 256 by default
    assert clips.read(output)[0].shape == (48, 64, 3)


@pytest.mark.parametrize("name", ["-a b", "%05d", "e\u0301鼠", "$(touch marker)", "'\";", "a:b", "new\nline"])
def test_T21_odd_names_are_taken_literally(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clips.write(f"{name}.mp4", n=40)
    assert tools.shorten_video(f"{name}.mp4", "00:00:00", "00:00:01") == os.path.join("", f"{name}short.mp4")
    assert len(clips.read(tmp_path / f"{name}short.mp4")) == 25
    tools.check_video_integrity(f"{name}.mp4")
    assert len(clips.names_in(tmp_path)) == 2


def test_a_name_that_becomes_too_long_is_an_error_and_leaves_nothing(tmp_path):
    source = clips.write(tmp_path / ("x" * 251 + ".mp4"), n=40)
    with pytest.raises(OSError, match="too long"):
        tools.shorten_video(source, "00:00:00", "00:00:01")
    assert clips.names_in(tmp_path) == [source.name]


# --- images


def test_images_of_every_kind_become_rgb(tmp_path):
    rgb = clips.picture(20)
    grey = rgb[..., 0]
    alpha = np.dstack([rgb[..., ::-1], np.full(grey.shape, 255, np.uint8)])
    alpha[:5, :, 3] = 0
    alpha[5:10, :, 3] = 128
    cv2.imwrite(str(tmp_path / "rgb.png"), rgb[..., ::-1])
    cv2.imwrite(str(tmp_path / "grey.png"), grey)
    cv2.imwrite(str(tmp_path / "alpha.png"), alpha)
    cv2.imwrite(str(tmp_path / "deep.png"), rgb[..., ::-1].astype(np.uint16) * 257)
    np.testing.assert_array_equal(tools.imread(tmp_path / "rgb.png"), rgb)
    np.testing.assert_array_equal(tools.imread(str(tmp_path / "rgb.png"), mode="cv2"), rgb)
    np.testing.assert_array_equal(tools.imread(tmp_path / "grey.png"), np.dstack([grey] * 3))
    np.testing.assert_array_equal(tools.imread(tmp_path / "deep.png"), rgb)
    seen_through = tools.imread(tmp_path / "alpha.png")
    np.testing.assert_array_equal(seen_through[10:], rgb[10:])
    assert (seen_through[:5] == 255).all() and abs(seen_through[5:10].astype(int) - (160 + 255) / 2).max() <= 1


def test_the_quick_way_expects_three_channels(tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.zeros((5, 5), np.uint8))
    with pytest.raises(ValueError, match="three channels"):
        tools.imread(tmp_path / "grey.png", mode="cv2")


def test_an_image_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(OSError, match=r"a\.png"):
        tools.imread(tmp_path / "a.png")
    with pytest.raises(FileNotFoundError, match=r"b\.png"):
        tools.imread(tmp_path / "b.png")
    with pytest.raises(ValueError, match="mode"):
        tools.imread(tmp_path / "a.png", mode="pil")


def test_images_can_be_resized():
    image = clips.picture(3)
    assert tools.imresize(image, 0.5).shape == (24, 32, 3)
    assert tools.imresize(image, 2, cv2.INTER_NEAREST).shape == (96, 128, 3)
    np.testing.assert_array_equal(tools.imresize(image), image)
    assert tools.imresize(image, 0.001).shape == (1, 1, 3)


# --- drawing a box


def test_T26_without_a_display_drawing_a_box_is_one_sentence(path, monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    with pytest.raises(OSError, match="no display") as caught:
        tools.crop_video(path, useGUI=True)
    assert "origin_x" in str(caught.value)
    import matplotlib.pyplot

    def refuse(*_, **__):
        raise ImportError("Cannot load backend 'TkAgg'")

    monkeypatch.setattr(matplotlib.pyplot, "subplots", refuse)
    with pytest.raises(OSError, match="no display"):
        tools.draw_bbox(path)
    assert not path.with_name("vcropped.mp4").exists()


@pytest.fixture
def display(monkeypatch):
    """A figure that takes itself for a window, and a hand that moves the mouse over it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.backend_bases import MouseEvent
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def play(canvas, timeout=0):
        canvas.draw()
        canvas.done = False
        for kind, x, y, axes in canvas.script(canvas.figure):
            at = axes.transData.transform((x, y)) if axes.images else axes.transAxes.transform((x, y))
            MouseEvent(f"{kind}_event", canvas, *at, button=None if kind == "motion_notify" else 1)._process()
        assert canvas.done, "the loop would wait for ever"

    monkeypatch.setattr(tools, "_is_interactive", lambda canvas: True)
    monkeypatch.setattr(Figure, "show", lambda self: None)
    monkeypatch.setattr(FigureCanvasAgg, "start_event_loop", play)
    monkeypatch.setattr(FigureCanvasAgg, "stop_event_loop", lambda self: setattr(self, "done", True))

    def script(play):
        monkeypatch.setattr(FigureCanvasAgg, "script", staticmethod(play), raising=False)

    return script


def click(button):
    return [("button_press", 0.5, 0.5, button), ("button_release", 0.5, 0.5, button)]


def drag(axes, x1, y1, x2, y2):
    moves = [("button_press", x1, y1), ("motion_notify", (x1 + x2) / 2, y2), ("motion_notify", x2, y2),
             ("button_release", x2, y2)]  # fmt: skip
    return [(*move, axes) for move in moves]


def test_a_box_is_drawn_with_the_mouse(path, display):
    def script(figure):
        image, crop, _ = figure.axes
        return [*drag(image, 10, 5, 40, 30), *click(crop)]

    display(script)
    assert tools.draw_bbox(str(path)) == [10, 5, 40, 30]


def test_a_box_may_be_drawn_in_any_direction_and_help_is_at_hand(path, display):
    titles = []

    def script(figure):
        image, crop, explain = figure.axes
        yield from click(explain)
        titles.append(image.get_title())
        yield from drag(image, 40, 30, 10, 5)
        yield from click(crop)

    display(script)
    assert tools.draw_bbox(path) == [10, 5, 40, 30]
    assert "Drag a rectangle" in titles[0]


def test_without_a_drawn_box_it_is_the_whole_frame(path, display):
    display(lambda figure: click(figure.axes[1]))
    assert tools.draw_bbox(path) == [0, 0, 64, 48]


def test_cropping_with_the_mouse(path, display):
    display(lambda figure: [*drag(figure.axes[0], 8, 4, 40, 24), *click(figure.axes[1])])
    assert clips.read(tools.crop_video(path, useGUI=True))[0].shape == (20, 32, 3)


def test_signatures_are_those_that_scripts_use():
    import inspect

    def parameters(function):
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]

    none, empty = None, inspect.Parameter.empty
    assert parameters(tools.crop_video) == [
        ("vname", empty), ("width", 256), ("height", 256), ("origin_x", 0), ("origin_y", 0), ("outsuffix", "cropped"),
        ("outpath", none), ("useGUI", False),
    ]  # fmt: skip
    assert parameters(tools.downsample_video) == [
        ("vname", empty), ("width", -1), ("height", 200), ("outsuffix", "downsampled"), ("outpath", none),
        ("rotatecw", "No"), ("angle", 0.0),
    ]  # fmt: skip
    assert parameters(tools.shorten_video) == [
        ("vname", empty), ("start", "00:00:01"), ("stop", "00:01:00"), ("outsuffix", "short"), ("outpath", none),
    ]  # fmt: skip
    assert parameters(tools.rotate_video) == [
        ("vname", empty), ("angle", empty), ("rotatecw", "Arbitrary"), ("outsuffix", "rotated"), ("outpath", none),
    ]  # fmt: skip
    assert parameters(tools.check_video_integrity) == [("video_path", empty)]
    assert parameters(VideoWriter) == [("video_path", empty), ("codec", "h264"), ("dpi", 100), ("fps", none)]


def test_what_there_is_to_know_of_a_video_is_told_without_decoding(tmp_path):
    path = barcode.encode(tmp_path / "film.mp4", range(30), size=(160, 96))
    told = tools.video_info(path)
    assert (told.name, told.size, told.frames, told.variable_rate) == ("film.mp4", "160x96", 30, False)
    assert told.codec == "h264, yuv420p" and told.notes == ()
    assert told.seconds == pytest.approx(30 / told.fps, abs=1e-3)


def test_splitting_by_name_gives_every_frame_to_one_part(tmp_path):
    path = barcode.encode(tmp_path / "film.mp4", range(30))
    parts = tools.split_video(path, 3, outsuffix="-part", outpath=tmp_path)
    assert [Path(part).name for part in parts] == ["film-part1.mp4", "film-part2.mp4", "film-part3.mp4"]
    assert [tools.video_info(part).frames for part in parts] == [10, 10, 10]
