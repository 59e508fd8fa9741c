"""The generator of hostile inputs: one module a family, one function a kind.

A kind is a function `kind_N(c)` that adds cases to a catalogue; its number and expected outcomes
are those of docs/hostile-input.md.
"""

from . import (
    archives,
    compression,
    digests,
    folders,
    manifests,
    rpm_bdb,
    rpm_headers,
    rpm_ndb,
    rpm_sqlite,
    tar_entries,
    tar_links,
    tar_numbers,
    text_databases,
)
from .catalogue import Catalogue

FAMILIES = (
    archives,
    manifests,
    digests,
    compression,
    tar_entries,
    tar_links,
    tar_numbers,
    text_databases,
    rpm_headers,
    rpm_sqlite,
    rpm_ndb,
    rpm_bdb,
    folders,
)

KINDS = {
    int(name[5:]): (family.__name__.rsplit(".", 1)[1], function)
    for family in FAMILIES
    for name, function in vars(family).items()
    if name.startswith("kind_")
}
ALL_KINDS = frozenset(KINDS)


def generate(options):
    """Writes everything; the number of cases."""
    catalogue = Catalogue(options)
    chosen = {number: KINDS[number] for number in sorted(options.kinds)}
    names = {family for family, _ in chosen.values()}
    for family in FAMILIES:
        catalogue.family = family.__name__.rsplit(".", 1)[1]
        if catalogue.family in names:
            catalogue.kind = 0
            family.controls(catalogue)
    for number, (family, function) in chosen.items():
        catalogue.family, catalogue.kind = family, number
        function(catalogue)
    return catalogue.finish()
