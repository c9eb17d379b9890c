"""Every command, put together with Typer. `serve` is only listed here: it runs without all this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from headgate import __version__, registry
from headgate.cli import explain, failures, keys, records, settings, teams
from headgate.cli.failures import OK, UsageWrong

STATUSES = "Exit status: " + " · ".join(f"{status} {meaning}" for status, meaning in failures.DOCUMENTED)

application = typer.Typer(
    name="headgate",
    help="One control point between your apps and the LLM providers they call.",
    epilog=STATUSES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"headgate {__version__}")
        raise typer.Exit


@application.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """One control point between your apps and the LLM providers they call."""


@application.command("serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def serve(context: typer.Context) -> None:
    """Run the gateway. `headgate serve --help` lists its options."""
    raise typer.Exit(registry.command_line("serve").main(context.args))


@application.command("demo")
def demo(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port to listen on; the next free one, where it is taken.")] = 4000,
    seconds_of_traffic: Annotated[
        int, typer.Option("--seconds-of-traffic", min=0, max=600, help="So many seconds' worth of requests are sent at the start.")
    ] = 60,
    folder: Annotated[str, typer.Option("--dir", metavar="DIR", help="Where the demo keeps its data.")] = "demo-data",
    json: Annotated[bool, typer.Option("--json", help="Say what is served as one line of JSON.")] = False,
) -> None:
    """Gateway, simulated providers and data to look at. No account, no key, no configuration, no network."""
    raise typer.Exit(registry.demo().run(port, seconds_of_traffic, folder, json))


application.command("check")(settings.check)
application.add_typer(keys.commands, name="keys")
application.add_typer(teams.commands, name="teams")
application.command("models")(settings.models)
application.command("records")(records.list_records)
application.command("usage")(records.show_usage)
application.command("explain")(explain.explain)


def main(arguments: Sequence[str]) -> int:
    """Run one command. Raises UsageWrong."""
    try:
        status = application(args=list(arguments), prog_name="headgate", standalone_mode=False)
    except typer.Abort:
        return failures.INTERRUPTED
    except SystemExit:  # Typer's word for a pipe whose reader has had enough
        return OK
    except typer.TyperException as wrong:
        return _usage(wrong)
    return status if isinstance(status, int) else OK


def _usage(wrong: typer.TyperException) -> int:
    said = " ".join(wrong.format_message().split()).replace("Value error, ", "")
    if not said:  # a group without a command has answered with its help
        return failures.USAGE
    raise UsageWrong(said if said.endswith((".", "?")) else f"{said}.")
