"""Typer commands made from the list of verbs and the forms of their functions.

Help for the whole list needs the list only; a verb's module is imported when its own command or help is asked for.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Optional, TextIO

import typer
from typer.core import TyperCommand, TyperGroup

from deeplabcut.cli import output, pages
from deeplabcut.cli.old_spellings import ABSENT, COMMANDS, NOTHING, OldSpelling
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.progress import Progress, Terminal, printable
from deeplabcut.jobs import verbs as table
from deeplabcut.jobs.verbs import Verb

if TYPE_CHECKING:
    from deeplabcut.jobs.specs import Field

PROGRAM = "dlc"
_COMMON = ("verbose", "json")
_EVERYWHERE = (*_COMMON, "help")
ClickException: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


def _same_name(name: str) -> str:
    """``--Start_s`` is ``--start-s``; letters after a single dash keep their case."""
    return name.replace("_", "-").lower() if len(name) > 1 else name


_SETTINGS = {"help_option_names": ["-h", "--help"], "token_normalize_func": _same_name}


@dataclass(frozen=True)
class Style:
    """How this call speaks: to a program or to a person, with tracebacks or without."""

    json: bool = False
    verbose: bool = False

    @property
    def level(self) -> int:
        """From which log level on things are told: warnings, and with ``verbose`` also what is going on."""
        return logging.INFO if self.verbose else logging.WARNING

    def fail(self, error: BaseException) -> int:
        """Report a failure that happened outside a job; its exit code."""
        from deeplabcut.jobs.events import EventWriter, error_event

        event = error_event(error)
        if self.json:
            EventWriter(sys.stdout).emit(event)
        else:
            output.show_error(event, verbose=self.verbose)
        return int(event["exit_code"])


def run(args: list[str], verbs: Sequence[Verb]) -> int:
    """Run one command line; the exit code."""
    options = args[: args.index("--")] if "--" in args else args
    style = Style(json="--json" in options, verbose=_debug() or bool({"-v", "--verbose"} & set(options)))
    try:
        code = _root(verbs).main(args, prog_name=PROGRAM, standalone_mode=False)
    except ClickException as error:
        return style.fail(_usage_error(error))
    except (typer.Abort, KeyboardInterrupt):
        return style.fail(KeyboardInterrupt())
    except BrokenPipeError:
        raise
    except Exception as error:  # nobody sees a bare traceback
        return style.fail(error)
    return code if isinstance(code, int) else 0


class VerbGroup(TyperGroup):
    """Commands that share their first word; the empty word is the program itself."""

    word = ""
    verbs: Sequence[Verb] = table.VERBS

    def list_commands(self, ctx: Any) -> list[str]:
        """The words that may follow, in the order of the list."""
        return list(dict.fromkeys(verb.name.removeprefix(self.word).split()[0] for verb in self._verbs()))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command as help pages show it: name, stage and first line."""
        name = table.canonical(f"{self.word} {cmd_name}")
        if group := _group(name, self.verbs):
            return group
        verb = next((verb for verb in self.verbs if verb.name == name), None)
        return verb and TyperCommand(cmd_name, help=verb.help, rich_help_panel=verb.stage)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command to run, made from its function's signature."""
        name = table.canonical(f"{self.word} {args[0]}")
        if group := _group(name, self.verbs):
            return args[0], group, args[1:]
        if ctx.resilient_parsing and name not in [verb.name for verb in self.verbs]:
            return None, None, args[1:]
        if name in ABSENT:
            raise Missing(ABSENT[name], where=f"{PROGRAM} {name}")
        return args[0], _command(table.find(name, self.verbs), self.verbs), args[1:]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Nothing at all means: show help."""
        if not args and not ctx.resilient_parsing:
            if not self.word:
                output.write(sys.stdout, _version())
            args = ["--help"]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The page of the program, or of a group of commands."""
        stages: dict[str, pages.Rows] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            stages.setdefault(command.rich_help_panel, []).append((name, command.help))
        options = ("Options", pages.rows_of(self.get_params(ctx), "option"))
        usage = f"{ctx.command_path} [OPTIONS] COMMAND ..."
        formatter.write(pages.page(usage, self.help or "", [*stages.items(), options], self.epilog or ""))

    def _verbs(self) -> list[Verb]:
        return [verb for verb in self.verbs if not self.word or verb.name.startswith(f"{self.word} ")]


class VerbCommand(TyperCommand):
    """The command of one verb."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The page of the command: arguments by place, options, options that every command has."""
        parameters = self.get_params(ctx)
        arguments = [one for one in parameters if one.param_type_name == "argument"]
        words = [f"{one.metavar}" + ("..." if one.nargs == -1 else "") for one in arguments]
        words = [word if one.required else f"[{word}]" for word, one in zip(words, arguments, strict=True)]
        words += [f"{one.opts[0]} {one.metavar}" for one in parameters if one.required and one not in arguments]
        options = pages.rows_of([one for one in parameters if one.name not in _EVERYWHERE], "option")
        everywhere = pages.rows_of([one for one in parameters if one.name in _EVERYWHERE], "option")
        usage = " ".join([ctx.command_path, *words, "[OPTIONS]"])
        sections = [
            ("Arguments", pages.rows_of(arguments, "argument")),
            ("Options", options),
            ("Options of every command", everywhere),
        ]
        formatter.write(pages.page(usage, self.help or "", sections))


def _root(verbs: Sequence[Verb]) -> Any:
    app = typer.Typer(
        cls=type("VerbGroup", (VerbGroup,), {"verbs": verbs}),
        name=PROGRAM,
        context_settings=_SETTINGS,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Markerless pose estimation of animals and people.",
        epilog=f"Help on a command: {PROGRAM} COMMAND --help. Something does not work: {PROGRAM} doctor.",
    )

    @app.callback(invoke_without_command=True)
    def root(
        ctx: typer.Context,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help=_VERBOSE)] = False,
        json: Annotated[bool, typer.Option("--json", help=_JSON)] = False,
        version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
    ) -> None:
        ctx.obj = Style(json, verbose or _debug())
        if version:
            output.write(sys.stdout, _version())
            raise typer.Exit(0)
        if ctx.invoked_subcommand is None:
            raise InvalidInput("There is no command.", fix=f"see the list of commands: {PROGRAM} --help")

    return typer.main.get_command(app)


_VERBOSE = "Say more; show tracebacks of errors."
_JSON = "Write events and the result as JSON lines, for programs."


def _group(word: str, verbs: Sequence[Verb]) -> VerbGroup | None:
    group = next((group for group in table.GROUPS if group.name == word), None)
    if group is None:
        return None
    kind: type[VerbGroup] = type("VerbGroup", (VerbGroup,), {"word": word, "verbs": verbs})
    return kind(name=word, help=group.help, rich_help_panel=group.stage, rich_markup_mode=None)


def _command(verb: Verb, verbs: Sequence[Verb]) -> Any:
    """The command of a verb: its first argument and required texts by place, all others by name."""
    from deeplabcut.jobs.specs import spec_of

    spec = spec_of(verb.load())
    old = COMMANDS.get(verb.name, NOTHING)
    parameters = _parameters(spec.fields, old)
    common = [name for name in _COMMON if name not in {parameter.name for parameter in parameters}]

    def command(ctx: typer.Context, **given: Any) -> int:
        asked = {name: bool(given.pop(name)) for name in common}
        style: Style = ctx.obj or Style()
        style = Style(style.json or asked.get("json", False), style.verbose or asked.get("verbose", False))
        given = {**old.defaults, **{name: value for name, value in given.items() if value is not None}}
        return _perform(verb, given, style, verbs)

    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    everything = [context, *parameters, *map(_common, common)]
    command.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in everything}
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    text = "\n\n".join(filter(None, [spec.summary, spec.description]))
    app.command(verb.name.rpartition(" ")[2], cls=VerbCommand, help=text)(command)
    return typer.main.get_command(app)


def _parameters(fields: Sequence[Field], old: OldSpelling) -> list[inspect.Parameter]:
    from deeplabcut.jobs import words

    made = []
    open_ended = False
    for index, field in enumerate(fields):
        several = words.takes_several(field.annotation)
        by_place = (field.required or index == 0 or field.name in old.places) and words.is_text(field.annotation)
        by_place = by_place and not (several and open_ended)
        open_ended = open_ended or (by_place and several)
        made.append(_parameter(field, old, by_place=by_place, several=several))
    return made


def _parameter(field: Field, old: OldSpelling, *, by_place: bool, several: bool) -> inspect.Parameter:
    from deeplabcut.jobs import words

    flag, spellings = field.name.replace("_", "-"), old.options.get(field.name, ())
    default = "" if field.required or field.default is None else f"[default: {words.text_of(field.default)}]"
    if field.name in old.defaults:
        here, elsewhere = words.text_of(old.defaults[field.name]), words.text_of(field.default)
        default = f"[default: {here}; of the function: {elsewhere}]"
    needed = "[required]" if field.required and not by_place else ""
    again = "May be given several times." if several and not by_place else ""
    about = field.help or (words.describe(field.annotation) if by_place else "")
    text = " ".join(filter(None, [about, again, default, needed]))
    kind: Any = list[str] if several else str
    if by_place:
        info: Any = typer.Argument(help=text, metavar=flag.upper(), show_default=False)
    elif words.is_switch(field.annotation) or field.name in old.switches:
        kind = bool
        info = typer.Option(f"--{flag}/--no-{flag}", *spellings, help=text, show_default=False)
    else:
        shown = words.metavar(field.annotation)
        info = typer.Option(f"--{flag}", *spellings, help=text, metavar=shown, show_default=False)
    annotation: Any = Annotated[kind if field.required else Optional[kind], info]  # noqa: UP045 - kind is a value
    default_value = inspect.Parameter.empty if field.required else None
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default_value)


def _common(name: str) -> inspect.Parameter:
    info = {"verbose": typer.Option("--verbose", "-v", help=_VERBOSE), "json": typer.Option("--json", help=_JSON)}[name]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[bool, info], default=False)


def _perform(verb: Verb, given: dict[str, Any], style: Style, verbs: Sequence[Verb]) -> int:
    """Run a verb with what was typed for its arguments; the exit code."""
    from deeplabcut.jobs import events as job_events
    from deeplabcut.jobs import runner
    from deeplabcut.jobs.listening import listening
    from deeplabcut.jobs.specs import JobSpec, spec_of

    spec = spec_of(verb.load())
    switches = {name: value for name, value in given.items() if isinstance(value, bool)}
    texts = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    arguments = {**spec.read({name: texts[name] for name in texts if name not in switches}), **switches}
    job = JobSpec.of(verb.name, arguments, verbs=verbs)
    if style.json:
        events = job_events.EventWriter(sys.stdout)
        with listening(job_events.LogEvents(events), style.level), contextlib.redirect_stdout(sys.stderr):
            outcome, _, _ = runner.run(job, Progress(events.reporter()), verbs=verbs, events=events)
        return outcome.exit_code
    terminal = _Remembering(sys.stderr)
    progress = Progress(terminal)
    with listening(_Messages(progress), style.level):
        outcome, value, _ = runner.run(job, progress, verbs=verbs, on_stop=_say_stopping)
    if outcome.ok:
        output.show_result(value, terminal.said)
    else:
        output.show_error(outcome.last, verbose=style.verbose)
    return outcome.exit_code


class _Remembering(Terminal):
    """A terminal that knows what was said on it, so that the result need not say it again."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.said: set[str] = set()

    def message(self, text: str) -> None:
        """Show a message."""
        self.said.update(text.splitlines())
        super().message(text)


class _Messages(logging.Handler):
    """Log records as messages between progress lines."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record; logging never fails a job."""
        try:
            for line in f"{record.levelname.lower()}: {self.format(record)}".splitlines():
                self._progress.message(printable(line))
        except Exception:
            self.handleError(record)


def _say_stopping() -> None:
    with contextlib.suppress(OSError):  # the terminal may be what has gone
        os.write(2, b"\nStopping after the current step; press Ctrl-C again to stop at once.\n")


def _usage_error(error: Exception) -> InvalidInput:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else PROGRAM
    format_message: Callable[[], str] = getattr(error, "format_message", lambda: str(error))
    said = format_message()
    fix = f"see {path} --help"
    if said.startswith("No such option"):
        fix += "; what begins with a dash and is no option comes last, after two dashes: -- -name"
    return InvalidInput(said, where=path, fix=fix)


def _version() -> str:
    from deeplabcut.version import __version__

    return f"deeplabcut {__version__}"


def _debug() -> bool:
    import deeplabcut

    return bool(deeplabcut.DEBUG)
