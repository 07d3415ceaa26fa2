#!/bin/sh
# Install the Debian packages that some tests need (the font: Chinese on the page needs more room than empty boxes do).
# Without the right to do so, those tests are skipped with the reason.
set -eu
needed=""
command -v chromium >/dev/null 2>&1 || needed="$needed chromium"
fc-list :lang=zh 2>/dev/null | grep -q . || needed="$needed fonts-wqy-microhei"
command -v dcmdump >/dev/null 2>&1 || needed="$needed dcmtk"
command -v Orthanc >/dev/null 2>&1 || needed="$needed orthanc orthanc-dicomweb"
command -v dciodvfy >/dev/null 2>&1 || needed="$needed dicom3tools"
[ -z "$needed" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "not installed, so tests that need them are skipped:$needed"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # at this level no service of a package is started
apt-get update -qq || true
for package in $needed; do # each by itself: not every distribution has all of them
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null || echo "could not be installed, tests that need it are skipped: $package"
done
