"""The guide and the connector's page say what is in the package, and what they print works."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from connectors.salesforce import package
from connectors.salesforce.sandbox_objects import TYPES
from connectors.salesforce.sandbox_rights import integration, person
from connectors.salesforce.settings import SalesforceSettings

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "hub" / "docs" / "connect-salesforce.md").read_text(encoding="utf-8")
README = (ROOT / "connectors" / "salesforce" / "README.md").read_text(encoding="utf-8")


def test_the_guide_explains_every_folder_placeholder_and_permission_set() -> None:
    files = package.shipped()
    folders = {path.partition("/")[0] for path in files} - {package.PROJECT}
    named = {f"`{name}`" for name in (*folders, *package.PLACEHOLDERS)}
    assert not [name for name in named if name not in GUIDE]
    labels = [
        etree.fromstring(text.encode()).findtext("{*}label")
        for path, text in files.items()
        if "/force-app" in f"/{path}" and path.endswith(".permissionset-meta.xml")
    ]
    assert len(labels) == 3
    assert not [label for label in labels if f"| {label} |" not in GUIDE]


def test_what_the_guide_tells_people_to_look_for_is_called_so_in_the_package() -> None:
    everything = "\n".join(package.shipped().values())
    for name in ("Ask AI", "AI Outputs", "AI Request: send to hub", "Send AI Request To Hub", "Campaign with AI"):
        assert f">{name}<" in everything, name
        assert f"**{name}**" in GUIDE, name
    for said in ("Fill in exactly one of Campaign, Lead and Opportunity", "A request does not change once it is sent"):
        assert said in everything
        assert said in GUIDE


def test_the_page_of_the_connector_has_its_parts_in_order() -> None:
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == [
        "What you get",
        "Set up",
        "Settings",
        "Events",
        "Check it worked",
        "If it did not",
        "Limits",
    ]


def test_the_sandbox_lets_its_users_do_on_inlay_s_objects_what_the_package_lets_them() -> None:
    letters = {"create": "c", "read": "r", "edit": "u", "delete": "d"}
    for name, rights in (("AI_Hub_Integration", integration()), ("AI_Requester", person())):
        (text,) = (text for path, text in package.shipped().items() if path.endswith(f"/{name}.permissionset-meta.xml"))
        tree = etree.fromstring(text.encode())
        fields = {
            one.findtext("{*}field")
            for one in tree.iterfind("{*}fieldPermissions")
            if one.findtext("{*}editable") == "true"
        }
        for kind in (one for one in TYPES if one.name in ("AI_Request__c", "AI_Output__c")):
            (given,) = (one for one in tree.iterfind("{*}objectPermissions") if one.findtext("{*}object") == kind.name)
            may = {letters[verb] for verb in letters if given.findtext(f"{{*}}allow{verb.capitalize()}") == "true"}
            assert set(rights.letters(kind)) == may, (name, kind.name)
            if "u" in may:
                optional = (one for one in kind.fields if one.custom and not one.required)
                writes = {f"{kind.name}.{one.name}" for one in optional if rights.writes(kind, one)}
                assert writes == {one for one in fields if one.startswith(f"{kind.name}.")}, name


def test_the_settings_the_guide_prints_are_taken() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (block,) = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    (actions,) = re.findall(r"^ *(action_ids: .*)$", GUIDE, re.MULTILINE)
    secrets = {"$file:salesforce.key": pem, "$env:SALESFORCE_INBOUND_TOKEN": "x" * 32}
    printed = yaml.safe_load(block)["connections"]["salesforce"]["settings"] | yaml.safe_load(actions)
    settings = SalesforceSettings.model_validate({name: secrets.get(str(one), one) for name, one in printed.items()})
    assert settings.hosts() == {"acme.my.salesforce.com"}
    assert len(settings.action_ids) == 1
