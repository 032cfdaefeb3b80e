#!/usr/bin/env bash
# A package for Fedora, RHEL and SUSE: target/packaging/dist/ssel-VERSION-1.MACHINE.rpm. Needs rpmbuild.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packaging/stage.sh >/dev/null
rpmbuild -bb packaging/rpm/ssel.spec \
  --define "_topdir $WORK/rpm" --define "_rpmdir $DIST" --define "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
  --define "ssel_version $VERSION" --define "ssel_summary $SUMMARY" --define "ssel_stage $WORK/stage" \
  --define "use_source_date_epoch_as_buildtime 1" >&2
echo "$DIST/ssel-$VERSION-1.$(machine).rpm"
