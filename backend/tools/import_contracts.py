"""Contracts of import-linter that find the domains themselves, so that a new one is held to them unasked.

A domain is a folder of the package with a `service`.
"""

from typing import Any, override

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.contracts.layers import Layer, LayersContract, ModuleTail
from importlinter.domain.imports import ModuleExpression

ROOT = "wxcloudrun"
EVERY_DOMAIN = "DOMAINS"


def domains(graph: ImportGraph) -> list[str]:
    """Return the domains' modules, by name."""
    return sorted(child for child in graph.find_children(ROOT) if f"{child}.service" in graph.modules)


class Floors(LayersContract):
    """A floor imports only from floors below it; `DOMAINS` is the floor of all domains.

    What is neither a floor nor a domain breaks the contract.
    """

    type_name = "floors"

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        """Stand on the root package, and leave nothing out."""
        options = {**contract_options, "containers": [ROOT], "exhaustive": "true"}
        super().__init__(name, session_options, options)

    @override
    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Put the domains in the place of the word, and check the floors."""
        tails = {ModuleTail(domain.removeprefix(f"{ROOT}.")) for domain in domains(graph)}
        floor = Layer(tails, is_independent=False)
        # The class declares fields where an instance has their values; mypy knows the former only.
        values = vars(self)
        values["layers"] = [
            floor if ModuleTail(EVERY_DOMAIN) in layer.module_tails else layer for layer in values["layers"]
        ]
        return super().check(graph, verbose)


class Rows(LayersContract):
    """Inside of every domain, a row imports only from rows below it, and there is nothing but rows."""

    type_name = "rows"

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        """Leave nothing out; the containers are found when the graph is there."""
        options = {**contract_options, "containers": [ROOT], "exhaustive": "true"}
        super().__init__(name, session_options, options)

    @override
    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Take the domains as containers, and check them."""
        vars(self)["containers"] = [ModuleExpression(domain) for domain in domains(graph)]
        return super().check(graph, verbose)


class Doors(Contract):
    """A domain is entered by its doors only: what is `closed` in one is imported by itself and nobody else.

    `metadata` may, because it names every table.
    """

    type_name = "doors"

    closed = fields.ListField(subfield=fields.StringField())

    @override
    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look for whoever imports past a door."""
        inside = {f"{domain}.{name}": domain for domain in domains(graph) for name in vars(self)["closed"]}
        past = sorted(
            (importer, imported)
            for closed, domain in inside.items()
            if closed in graph.modules
            for imported in {closed} | graph.find_descendants(closed)
            for importer in graph.find_modules_that_directly_import(imported)
            if not importer.startswith((f"{domain}.", f"{ROOT}.metadata"))
        )
        return ContractCheck(kept=not past, metadata={"past": past})

    @override
    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name them."""
        for importer, imported in check.metadata["past"]:
            output.print_error(f"- {importer} -> {imported}", bold=False)
