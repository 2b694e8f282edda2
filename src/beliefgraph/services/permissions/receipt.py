"""The consent receipt: stated permissions, as JSON-LD in terms of the W3C Data Privacy Vocabulary. Pure.

The profile is that of DPV for ISO/IEC TS 27560 (receipt-summary). The context is part of the receipt, so reading it
fetches nothing; `receipt.ttl` has the shapes (SHACL) that it conforms to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from beliefgraph.model.permission import NumberedPolicy, Permission, Policy, Purpose

CONTEXT: Mapping[str, Any] = MappingProxyType(
    {
        "dpv": "https://w3id.org/dpv#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "dct": "http://purl.org/dc/terms/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "dct:conformsTo": {"@type": "@id"},
        "dct:created": {"@type": "xsd:dateTime"},
        "dct:valid": {"@type": "xsd:dateTime"},
        "dpv:hasPurpose": {"@type": "@id"},
        "dpv:hasLegalBasis": {"@type": "@id"},
        "dpv:hasConsentStatus": {"@type": "@id"},
        "dpv:isIndicatedAtTime": {"@type": "xsd:dateTime"},
    }
)

PROFILE = "https://w3id.org/dpv/schema/iso-27560#"

BASES: Mapping[str, str] = MappingProxyType(
    {
        "consent": "eu-gdpr:A6-1-a",
        "contract": "eu-gdpr:A6-1-b",
        "legal_obligation": "eu-gdpr:A6-1-c",
        "vital_interest": "eu-gdpr:A6-1-d",
        "public_interest": "eu-gdpr:A6-1-e",
        "legitimate_interest": "eu-gdpr:A6-1-f",
    }
)
"""The legal bases as terms of DPV's extension for the GDPR."""


def consent_receipt(
    policy: NumberedPolicy, twin: str, permissions: Sequence[Permission], now: datetime
) -> dict[str, Any]:
    """The receipt of a twin's permissions: a record for each statement about a purpose of the policy."""
    about = [(each, policy.policy.purpose(each.purpose)) for each in permissions if each.purpose is not None]
    return {
        "@context": dict(CONTEXT),
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": f"{PROFILE}receipt-summary",
        "dct:created": now.isoformat(),
        "dct:publisher": policy.policy.controller,
        "dpv:hasRecordOfActivity": [
            _record(policy.policy, twin, each, purpose, now) for each, purpose in about if purpose is not None
        ],
    }


def _record(policy: Policy, twin: str, stated: Permission, purpose: Purpose, now: datetime) -> dict[str, Any]:
    process = {
        "@type": "dpv:Process",
        "dct:title": purpose.key,
        "dpv:hasPurpose": f"dpv:{purpose.dpv}",
        "dpv:hasLegalBasis": BASES[purpose.legal_basis],
        "dpv:hasPersonalData": stated.category or "all but special categories",
        "dpv:hasRecipient": stated.recipient or "all recipients of the purpose",
    }
    record = {
        "@id": f"urn:uuid:{stated.revision_id}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": f"{PROFILE}record",
        "dct:identifier": stated.event,
        "dpv:hasDataSubject": twin,
        "dpv:hasDataController": policy.controller,
        "dpv:hasJurisdiction": policy.jurisdiction,
        "dpv:hasProcess": process,
        "dpv:hasConsentStatus": f"dpv:{_status(stated, now)}",
        "dpv:isIndicatedBy": stated.stated_by,
        "dpv:isIndicatedAtTime": stated.valid_from.isoformat(),
    }
    return record if stated.valid_to is None else {**record, "dct:valid": stated.valid_to.isoformat()}


def _status(stated: Permission, now: datetime) -> str:
    if not stated.allowed:
        return "ConsentRefused"
    ended = stated.valid_to is not None and stated.valid_to <= now
    return "ConsentExpired" if ended else "ConsentGiven"
