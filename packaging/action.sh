#!/usr/bin/env bash
# The run of the GitHub Action: `ssel $ARGS` with a saved run and a report page, and the result as Markdown in the job's
# summary. The exit code becomes an output, so that the files are uploaded before the job fails by it.
set -uo pipefail

# Words are split as a shell splits them, with quotes, but nothing is expanded or run.
args=()
while IFS= read -r -d '' word; do args+=("$word"); done < <(
  python3 -c 'import os, shlex, sys; sys.stdout.write("".join(word + "\0" for word in shlex.split(os.environ["ARGS"])))'
)

folder=$RUNNER_TEMP/ssel-result
rm -rf "$folder"
mkdir -p "$folder"
ssel "${args[@]}" --save "$folder/run.ssel" --report "$folder/report.html"
code=$?

if [ -s "$folder/run.ssel" ]; then
  ssel report "$folder/run.ssel" --format markdown >> "$GITHUB_STEP_SUMMARY"
fi
{
  echo "exit-code=$code"
  echo "folder=$folder"
} >> "$GITHUB_OUTPUT"
