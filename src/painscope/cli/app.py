"""Assemble the commands; turn every error into one line and an exit status."""

from __future__ import annotations

import errno
import logging
import sys
from typing import NoReturn

import typer

from painscope import __version__
from painscope.cli.bench import bench
from painscope.cli.compare import compare
from painscope.cli.crop import crop
from painscope.cli.datasets import app as datasets
from painscope.cli.demo import demo
from painscope.cli.download import download
from painscope.cli.explain import explain
from painscope.cli.extract import extract
from painscope.cli.predict import predict
from painscope.cli.recipes import recipes
from painscope.cli.report import report
from painscope.cli.run import run
from painscope.errors import PainscopeError

__all__ = ["app", "main"]

#: Exit status of what Ctrl-C ended, as of any program.
STOPPED = 130

app = typer.Typer(
    name="painscope",
    help="Read pain from recordings of a person, above all from the face.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        typer.echo(f"painscope {__version__}")
        raise typer.Exit


for command in (
    demo,
    recipes,
    run,
    extract,
    crop,
    predict,
    explain,
    report,
    compare,
    download,
    bench,
):
    app.command()(command)
app.add_typer(datasets, name="datasets")


def main() -> NoReturn:
    """Run the command line; exit 0 if done, 1 if the work failed, 2 if the call was wrong."""
    _log_to_stderr()
    try:
        status = app(standalone_mode=False)
        if status == STOPPED:  # what some versions of typer make of Ctrl-C
            raise KeyboardInterrupt
        sys.exit(status if isinstance(status, int) else 0)
    except PainscopeError as error:
        _fail(str(error), error.exit_status)
    except (KeyboardInterrupt, typer.Abort):
        _fail(
            "stopped; run, demo, extract, crop and datasets virtual go on with the same call",
            STOPPED,
        )
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            where = error.filename or "writing"
            _fail(f"{where}: the disk is full. Free some space and start again.")
        if error.filename is None or error.strerror is None:
            raise
        in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
        hint = ". A file is in the way: name another --out." if in_the_way else ""
        _fail(f"{error.filename}: {error.strerror.lower()}{hint}")
    except Exception as error:
        # Some versions of typer bring their own copy of click, so that its errors have no
        # public class; they are known by the message they offer.
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message()
        if message.startswith("Usage:"):
            print(message)
            sys.exit(0)
        context = getattr(error, "ctx", None)
        name = context.command_path if context else "painscope"
        end = "" if message.endswith(("?", ".")) else "."
        _fail(f"{message}{end} See {name} --help.", 2)


def _fail(line: str, status: int = 1) -> NoReturn:
    print(f"painscope: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(status)


def _log_to_stderr() -> None:
    from rich.console import Console
    from rich.logging import RichHandler

    # In a file or a pipe a line stays a line; a terminal's are folded, and stand above its bars.
    handler: logging.Handler = logging.StreamHandler()
    if sys.stderr.isatty():
        handler = RichHandler(
            console=Console(stderr=True),
            show_time=False,
            show_level=False,
            show_path=False,
            highlighter=None,
        )
    logger = logging.getLogger("painscope")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
