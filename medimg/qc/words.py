"""Reasons of verdicts and notes on films in words, in English and Chinese."""

from collections.abc import Callable, Mapping

from medimg.qc import details

REASONS: Mapping[str, Mapping[str, str]] = {
    "off": {"en": "this rule is not used for such films", "zh": "此类胸片不采用该规则"},
    "not_measured": {"en": "was not measured", "zh": "未测量"},
    "no_meaning": {"en": "does not apply", "zh": "不适用"},
    "no_value": {"en": "could not be measured", "zh": "无法测量"},
    "no_limits": {"en": "no limit is set; medimg qc calibrate proposes one", "zh": "未设界值，可用 medimg qc calibrate 给出建议"},
    "unit": {"en": "was measured in another unit than the limits", "zh": "测量单位与界值单位不同"},
    "gate": {"en": "the measurement is not plausible", "zh": "测量前提不成立"},
    "distrust": {"en": "the masks are not to be trusted", "zh": "分割结果不可信"},
    "masks": {"en": "not judged, as the masks are not to be trusted", "zh": "分割结果不可信，未作判定"},
    "age": {"en": "no rules for this age", "zh": "无适用于该年龄的规则"},
    "view": {"en": "no rules for this view", "zh": "无适用于该体位的规则"},
    "always_review": {"en": "films of this view are looked at by a person", "zh": "该体位须人工复核"},
}  # fmt: skip

NOTES: Mapping[str, Mapping[str, str]] = {
    "constant": {"en": "all pixels are alike", "zh": "全部像素值相同"},
    "inverted_for_network": {"en": "segmented with its grey turned over", "zh": "反相后再行分割"},
    "looks_like": {"en": "the networks see another view than is told", "zh": "网络识别的体位与所注明的不同"},
    "no_header": {"en": "an image without a DICOM header", "zh": "无 DICOM 文件头的图像"},
    "no_organs": {"en": "no organ was segmented", "zh": "未分割任何器官"},
    "orientation_unknown": {"en": "the file does not tell which way round the patient is", "zh": "文件未注明患者方位"},
    "patient_conflict": {"en": "its study has several patient ids", "zh": "同一检查含多个患者编号"},
    "repaired": {"en": "the file was read though a part of its header is missing", "zh": "文件头缺少部分信息，已按默认方式读取"},
    "spacing_unknown": {
        "en": "the size of the pixels is not known, so nothing is measured in mm", "zh": "像素大小未知，无法按 mm 测量",
    },
    "turned": {"en": "turned or mirrored as its header tells", "zh": "已按文件头方位旋转或镜像"},
    "turned_by_networks": {
        "en": "turned or mirrored, as the file does not tell which way round the patient is and the networks recognised it",
        "zh": "文件未注明患者方位，已按网络识别结果旋转或镜像",
    },
    "view_by_networks": {"en": "the file does not tell the view, the networks recognised it", "zh": "文件未注明体位，由网络识别"},
    "view_by_orientation": {"en": "the file tells no view, the patient's orientation does", "zh": "文件未注明体位，按患者方位判断"},
    "view_differs": {"en": "the header tells another view", "zh": "文件头记录的体位不同"},
    "window_refused": {"en": "the window of the file was not used", "zh": "未采用文件自带的窗宽窗位"},
}  # fmt: skip


DETAILS: Mapping[str, Callable[[str, str], str]] = {
    "gate": details.gate, "no_value": details.no_value, "no_meaning": details.no_value,
}  # fmt: skip


def say(reason: str, language: str) -> str:
    """A reason of a verdict, or a note on a film, as a person reads it; what stands behind the colon follows in brackets, in words.

    >>> say("gate:lung_gap", "en")
    'the measurement is not plausible (distance between the lungs)'
    """
    code, _, detail = reason.partition(":")
    known = REASONS.get(code) or NOTES.get(code)
    words = known[language] if known else code.replace("_", " ")
    if not detail:
        return words
    detail = DETAILS[code](detail, language) if code in DETAILS else detail
    return f"{words}（{detail}）" if language == "zh" else f"{words} ({detail})"
