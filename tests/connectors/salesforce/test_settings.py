"""What an admin fills in: right settings pass, wrong ones are named in plain words, and no value is quoted."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import Secret
from tests.connectors.salesforce.connector_bench import DOMAIN, ORG, key, settings


def wrong(**more: Any) -> str:
    """What is told about settings that are wrong."""
    with pytest.raises(ValidationError) as caught:
        settings(**more)
    told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in caught.value.errors())
    secrets = [value.reveal() for value in more.values() if isinstance(value, Secret)]
    assert not [one for one in ("evil", *secrets) if one and one in told], "no value is quoted"
    return told


def test_right_settings_pass() -> None:
    right = settings()
    assert right.hosts() == {DOMAIN}
    assert right.organization_id == ORG
    assert right.api_share == 0.8
    assert right.api_version == "63.0"
    assert not right.tasks


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in SalesforceSettings.model_fields.items():
        assert field.description and field.description.endswith((".", "?")), name


def test_secrets_are_secrets() -> None:
    assert SalesforceSettings.secret_names() == {
        "private_key",
        "consumer_secret",
        "inbound_token",
        "inbound_token_previous",
        "button_token",
        "button_token_previous",
    }
    filled = settings(inbound_token=Secret("a" * 30))
    assert "PRIVATE" not in f"{filled!r} {filled.model_dump(mode='json')}"
    assert "aaaa" not in f"{filled!r} {filled.model_dump(mode='json')}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("acme.my.salesforce.com", "acme.my.salesforce.com"),
        ("https://Acme.my.salesforce.com/", "acme.my.salesforce.com"),
        ("acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com"),
    ],
)
def test_a_my_domain_host_is_read(written: str, read: str) -> None:
    audience = "https://test.salesforce.com" if "sandbox" in read else "https://login.salesforce.com"
    assert settings(domain=written, login_audience=audience).domain == read


@pytest.mark.parametrize(
    "domain",
    [
        "acme.lightning.force.com",
        "login.salesforce.com",
        "test.salesforce.com",
        "acme.example.com",
        "salesforce.com.evil.example",
        "evilsalesforce.com",
        "salesforce.com",
        "acme.my.salesforce.com:8443",
        "user@acme.my.salesforce.com",
        "acme.my.salesforce.com/services",
        "http://acme.my.salesforce.com",
        "acme.my.salesforce.com\n.evil.example",
        "",
        7,
    ],
)
def test_a_host_that_is_no_my_domain_is_refused(domain: Any) -> None:
    assert wrong(domain=domain).startswith("domain: ")


@pytest.mark.parametrize("root", ["http://127.0.0.1:8091", "http://localhost:8091/", "http://[::1]:8091"])
def test_a_stand_in_is_on_this_machine_and_is_all_that_is_called(root: str) -> None:
    filled = settings(root)
    assert filled.sandbox_root == root.rstrip("/")
    assert filled.hosts() == {filled.sandbox_root.removeprefix("http://")}


@pytest.mark.parametrize(
    "root",
    [
        "http://10.0.0.7:8091",
        "https://acme.my.salesforce.com",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:8091/path",
        "http://127.0.0.1:8091?x=1",
        "http://evil@127.0.0.1:8091",
        "http://127.0.0.1:port",
        "ftp://127.0.0.1",
        "127.0.0.1:8091",
    ],
)
def test_a_stand_in_elsewhere_is_refused(root: str) -> None:
    assert "an address of this machine" in wrong(sandbox_root=root)


def test_exactly_one_way_to_sign_in_is_set() -> None:
    secret = Secret("s3cret-of-the-app")
    both, none = wrong(consumer_secret=secret), wrong(private_key=None)
    assert "exactly one of private_key" in both
    assert "exactly one of private_key" in none
    assert "exactly one of private_key" in wrong(private_key=Secret(""), consumer_secret=Secret(""))
    assert settings(private_key=Secret(""), consumer_secret=secret, username="").consumer_secret == secret


def test_a_signed_sign_in_names_its_user() -> None:
    assert "username is missing" in wrong(username="")


@pytest.mark.parametrize("domain", ["acme--uat.sandbox.my.salesforce.com", "a-b.scratch.my.salesforce.com"])
def test_a_sandbox_org_signs_in_at_its_own_place(domain: str) -> None:
    assert "https://test.salesforce.com" in wrong(domain=domain)
    assert settings(domain=domain, login_audience="https://test.salesforce.com").domain == domain


def test_an_audience_is_one_of_two() -> None:
    assert wrong(login_audience="https://acme.my.salesforce.com").startswith("login_audience: ")


@pytest.mark.parametrize("pem", ["", "secret text", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"])
def test_a_private_key_that_cannot_be_read_is_refused(pem: str) -> None:
    assert "private" in wrong(private_key=Secret(pem))


def test_a_public_key_is_no_private_key() -> None:
    assert "private_key: " in wrong(private_key=Secret(key()[1]))


def test_a_locked_key_and_one_of_another_kind_are_told_apart() -> None:
    rsa = load_pem_private_key(key()[0].encode(), None)
    locked = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")).decode()
    other = ec.generate_private_key(ec.SECP256R1())
    curve = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert "passphrase" in wrong(private_key=Secret(locked))
    assert "RSA keys only" in wrong(private_key=Secret(curve))


@pytest.mark.parametrize("version", ["63", "v63.0", "45.0", "63.0/../..", "63.5", "latest", "630.00"])
def test_a_version_that_does_not_work_is_refused(version: str) -> None:
    assert "api_version: " in wrong(api_version=version)


@pytest.mark.parametrize("id", ["001Hs0000000001", "00D", "00DHs000000000!", "../../00D", ""])
def test_an_org_s_id_is_one(id: str) -> None:
    assert "begins with 00D" in wrong(organization_id=id)


def test_ids_are_kept_in_their_long_form() -> None:
    filled = settings(organization_id=ORG[:15], action_ids=("04kHs0000000001",))
    assert filled.organization_id == ORG
    assert filled.action_ids == ("04kHs0000000001IAA",)
    assert "action_ids" in wrong(action_ids=("an action",))


@pytest.mark.parametrize("name", ["inbound_token", "inbound_token_previous", "button_token", "button_token_previous"])
def test_a_token_is_long_and_can_stand_in_an_address(name: str) -> None:
    for value in ("short", "x" * 23, "with/a/slash/and-so-on-and-on", "x" * 201, "with spaces and so on and on"):
        assert f"{name}: " in wrong(**{name: Secret(value)})
    assert getattr(settings(**{name: Secret("")}), name) is None
    assert getattr(settings(**{name: Secret("A-long_one-0123456789-abc")}), name)


@pytest.mark.parametrize("share", [0, -1, 1.01, "most"])
def test_a_share_is_a_part_of_one(share: Any) -> None:
    assert wrong(api_share=share).startswith("api_share: ")


@pytest.mark.parametrize(
    "field",
    ["Description", "Account.Description", "Campaign.", "Campaign.Owner.Name", "Campaign.Name, Id FROM User", ""],
)
def test_a_field_to_write_into_is_named_with_its_object(field: str) -> None:
    assert "such as Campaign.Description" in wrong(record_fields=(field,))


def test_a_misspelt_setting_is_refused() -> None:
    assert wrong(domian="acme.my.salesforce.com").startswith("domian: ")
