"""Options of the quality run, as they are written on the command line."""

from collections.abc import Sequence
from dataclasses import Field, dataclass, fields
from typing import Any, TypeVar, get_type_hints

from medimg.errors import ConfigError
from medimg.validate import did_you_mean, shown, wanted

T = TypeVar("T")


@dataclass(frozen=True)
class RunOptions:
    """`rules`: a set's name or a .yaml file; `workers`: processes that read (0: one a core); `batch`: films segmented at once.

    `language`: of the report (en, zh); `bom`: tables begin with a byte order mark, for Excel; `max_fail_rate`: where a larger share of
    judged films fails, the exit code is 5. `xlsx`: the tables as a workbook too; `save_masks`: masks as images into OUT/masks.

    `network`: a run of experiment=chest_qc for each view, joined by commas; `mirror`: it is asked about film and mirror image. `dicom`:
    DICOM objects of each film into OUT/dicom; `send_`: the DICOM peer that these go to (host, port, aet), or the root of a DICOMweb
    service (url).
    """

    out: str
    rules: str = "chest"
    workers: int = 0
    batch: int = 8
    language: str = "en"
    bom: bool = False
    max_fail_rate: float = 1.0
    xlsx: bool = True
    save_masks: bool = False
    network: str = ""
    mirror: bool = False
    dicom: bool = False
    send_host: str = ""
    send_port: int = 0
    send_aet: str = ""
    send_url: str = ""


@dataclass(frozen=True)
class JudgeOptions:
    """Options of judging again; `rules`: those that the folder was last judged by unless given."""

    out: str
    rules: str = ""
    language: str = "en"
    bom: bool = False
    xlsx: bool = True
    max_fail_rate: float = 1.0


@dataclass(frozen=True)
class ReportOptions:
    """`human`: labels.csv, whose fail rates stand beside ours; nobody's where it is empty."""

    out: str
    language: str = "en"
    human: str = ""


@dataclass(frozen=True)
class AgreeOptions:
    """`human`: labels.csv; `open`: what a film counts as that is left to a person (left_out, fail or pass)."""

    out: str
    human: str
    open: str = "left_out"


@dataclass(frozen=True)
class CalibrateOptions:
    """`rules`: the set the limits start from; `site`: the site's rule file, which a diff is proposed for."""

    out: str
    rules: str = "chest"
    site: str = "site.yaml"


@dataclass(frozen=True)
class RulesOptions:
    """Which rules are listed."""

    rules: str = "chest"


NAMES = {
    "gate.max_fail_rate": "max_fail_rate", "send.host": "send_host", "send.port": "send_port", "send.aet": "send_aet",
    "send.url": "send_url",
}  # fmt: skip


def read_options(kind: type[T], words: Sequence[str]) -> T:
    """key=value words -> options. Raises ConfigError with every fault."""
    hints, values, faults, known = get_type_hints(kind), dict[str, Any](), list[str](), _keys(kind)
    for word in words:
        key, _, text = word.partition("=")
        if key not in known:
            faults.append(f"no key '{key}'.{did_you_mean(key, list(known))} Keys: {', '.join(known)}.")
            continue
        try:
            values[known[key].name] = _value(hints[known[key].name], text)
        except ValueError:
            faults.append(f"{key}={shown(text)}: {wanted(hints[known[key].name], known[key])} is needed.")
    for key, item in known.items():
        if item.name not in values and item.default is item.default_factory:
            faults.append(f"{key}= is missing. Write {key}={'labels.csv' if key == 'human' else 'DIR'}.")
    faults += _out_of_range(values)
    if faults:
        raise ConfigError(*faults)
    return kind(**values)


def listed(kind: str) -> str:
    """The keys of a class of options, told by its name, as they are unless given."""
    told = ((key, "" if item.default is item.default_factory else shown(item.default)) for key, item in _keys(globals()[kind]).items())
    return ", ".join(f"{key}={default}" for key, default in told)


def _keys(kind: type) -> "dict[str, Field[Any]]":
    """The fields of options by their keys."""
    written = {name: key for key, name in NAMES.items()}
    return {written.get(item.name, item.name): item for item in fields(kind)}


def _value(hint: type, text: str) -> Any:
    if hint is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError
        return text.lower() == "true"
    if not text:
        raise ValueError
    return hint(text)


def _out_of_range(values: dict[str, Any]) -> list[str]:
    faults = []
    if values.get("workers", 0) < 0:
        faults.append(f"workers={values['workers']}: 0 (one a core) or more is needed.")
    if values.get("batch", 1) < 1:
        faults.append(f"batch={values['batch']}: 1 or more is needed.")
    if not 0 <= values.get("max_fail_rate", 0.0) <= 1:
        faults.append(f"gate.max_fail_rate={values['max_fail_rate']}: a share between 0 and 1 is needed.")
    if values.get("language", "en") not in ("en", "zh"):
        faults.append(f"language={values['language']}: en or zh is needed.")
    if values.get("open", "pass") not in ("left_out", "fail", "pass"):
        faults.append(f"open={values['open']}: left_out, fail or pass is needed.")
    return faults + _sending(values)


def _sending(values: dict[str, Any]) -> list[str]:
    """Faults of send.*: a peer is host, port and aet; a web service is a URL; both need objects to send."""
    peer = [name for name in ("host", "port", "aet") if values.get(f"send_{name}")]
    faults, url = [], values.get("send_url", "")
    if peer and len(peer) < 3:
        left = [f"send.{name}" for name in ("host", "port", "aet") if name not in peer]
        faults.append(f"{', '.join(left)}: missing. A DICOM peer is named by send.host, send.port and send.aet.")
    if peer and url:
        faults.append("send.host and send.url are both given. Name one archive.")
    if url and not url.startswith(("http://", "https://")):
        faults.append(f"send.url={url}: the root of a DICOMweb service is needed, as in https://archive/dicom-web.")
    if not 0 <= values.get("send_port", 0) <= 65535:
        faults.append(f"send.port={values['send_port']}: a port from 1 to 65535 is needed.")
    if len(str(values.get("send_aet", ""))) > 16:
        faults.append(f"send.aet={values['send_aet']}: an application entity title has 16 letters at most.")
    if (peer or url) and not values.get("dicom"):
        faults.append("send: there is nothing to send without dicom=true. Add it.")
    if values.get("mirror") and not values.get("network"):
        faults.append("mirror=true is for a network. Name its run: network=RUN.")
    return faults
