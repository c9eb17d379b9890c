"""The folder is the registry."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headgate import registry


def test_a_folder_s_files_are_its_plugins_but_for_those_with_an_underscore() -> None:
    assert {"anthropic", "openai"} <= set(registry.providers())
    assert not [name for name in registry.providers() if name.startswith("_")]


@pytest.mark.parametrize("name", ["_http", "../cli", "watson", "", "openai.Options"])
def test_what_is_not_a_file_of_the_folder_is_not_a_plugin(name: str) -> None:
    assert name not in registry.providers()
    with pytest.raises(KeyError):
        registry.providers()[name]


def test_a_plugin_is_imported_when_it_is_asked_for_and_not_before() -> None:
    code = """
import sys
from headgate import registry
folder = registry.providers()
print(len(folder) == len(list(folder)), "openai" in folder, "headgate.providers.openai" in sys.modules)
print(folder["openai"] is sys.modules["headgate.providers.openai"], "headgate.providers.anthropic" in sys.modules)
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["True", "True", "False", "True", "False"]
