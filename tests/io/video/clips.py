"""Small videos for the tests of writing and editing, and eyes of their own to look at the results with."""

import hashlib
from fractions import Fraction

import av
import numpy as np

from deeplabcut.io.video.write import VideoSink

SIZE = (64, 48)
FPS = 25
RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)
WHITE = (250, 250, 250)


def picture(number, size=SIZE):
    """Red, green and blue from left to right, below a grey band that tells the number (modulo 32)."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    for colour, columns in zip((RED, GREEN, BLUE), np.array_split(np.arange(width), 3), strict=True):
        image[:, columns] = colour
    image[: height // 2] = 8 * (number % 32)
    return image


def write(path, n=10, size=SIZE, fps=FPS, times_s=None, draw=picture, **options):
    """A video of numbered pictures."""
    with VideoSink(path, size=size, fps=fps, **options) as sink:
        for number in range(n):
            sink.add(draw(number, size), time_s=None if times_s is None else times_s[number])
    return path


def read(path):
    """All frames as RGB, by PyAV alone."""
    with open(path, "rb") as file, av.open(file) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def numbers(images):
    """What the bands of the pictures say."""
    return [round(float(image[: len(image) // 4].mean()) / 8) for image in images]


def numbers_in(path):
    return numbers(read(path))


def times_of(path):
    with av.open(str(path)) as video:
        return [float(frame.pts * frame.time_base) for frame in video.decode(video=0)]


def stream_of(path):
    """Codec, pixel format and rate."""
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        return stream.codec_context.name, stream.codec_context.pix_fmt, stream.average_rate


def has_right_colours(image, size=SIZE):
    width, height = size
    lower = image[3 * height // 4].astype(int)
    columns = [width // 6, width // 2, 5 * width // 6]
    return image.shape == (height, width, 3) and abs(lower[columns] - [RED, GREEN, BLUE]).max() < 12


def corners(number, size):
    """Red, green, blue and white in the corners: upper left, upper right, lower left, lower right."""
    width, height = size
    image = np.full((height, width, 3), 100, np.uint8)
    image[: height // 3, : width // 3], image[: height // 3, -width // 3 :] = RED, GREEN
    image[-height // 3 :, : width // 3], image[-height // 3 :, -width // 3 :] = BLUE, WHITE
    return image


def colours_in_corners(image):
    """Names of the colours, in the same order."""
    h, w = image.shape[0] // 8, image.shape[1] // 8
    found = []
    for y, x in ((h, w), (h, -w - 1), (-h - 1, w), (-h - 1, -w - 1)):
        distances = [abs(image[y, x].astype(int) - colour).max() for colour in (RED, GREEN, BLUE, WHITE, (0, 0, 0))]
        found.append("RGBWK"[int(np.argmin(distances))] if min(distances) < 25 else "?")
    return "".join(found)


def add_sound(path, target, n_s, codec="aac", rate=48_000):
    """The video with a tone whose pitch steps up every tenth of a second."""
    with av.open(str(path)) as old, av.open(str(target), "w") as new:
        template = old.streams.video[0]
        video = new.add_stream_from_template(template)
        sound = new.add_stream(codec, rate=rate, layout="mono")
        format = sound.codec_context.format.name
        t = np.arange(int(n_s * rate)) / rate
        wave = np.sin(2 * np.pi * np.cumsum(200 + 50 * np.floor(t * 10)) / rate) * 0.5
        for packet in old.demux(template):
            if packet.size:
                packet.stream = video
                new.mux(packet)
        size = sound.codec_context.frame_size or 1024
        for start in range(0, len(wave), size):
            part = wave[start : start + size].astype(np.float32)[None]
            samples = part if format.startswith("flt") else (part * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples, format=format, layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            new.mux(sound.encode(frame))
        new.mux(sound.encode(None))
    return target


def sound_of(path):
    """Rate and samples of the sound, and the time of the first sample."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        wave = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(float)
        return stream.rate, wave, float(frames[0].pts * frames[0].time_base)


def names_in(folder):
    """Names of the files beside the videos; the cache of the reader is not one of them."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name != "cache")


def state_of(path):
    """Everything about a file that must not change when it is only read."""
    about = path.stat()
    return hashlib.sha256(path.read_bytes()).hexdigest(), about.st_mtime_ns, about.st_size, about.st_mode, about.st_ino
