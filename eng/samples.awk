# Takes the code of documents out of them, as it stands, for try-packages.sh to compile, check or run, and fails where a block is none of that. Every block is
# fenced and says its language; a comment in the line before may say what it is:
#   ```csharp    compiled
#     <!-- sample: application -->               a program (also without a comment)
#     <!-- sample: application with P@1.0 … -->  one that references packages as well; the file "packages" beside it has them
#     <!-- sample: fragment TYPE NAME, … -->     statements of an application, in which these variables are
#     <!-- sample: grain client TYPE NAME, … --> the same of a program that has the grain interfaces and nothing else of this project
#   ```js        its syntax is checked by Node.js
#   ```sh        its syntax is checked by bash
#     <!-- sample: run -->                       run as well, in an empty directory
#   ```mermaid, ```text    pictures, and what programs print: nothing is done with them
#   any          <!-- sample: from FILE -->       its lines stand in that file of the repository, in this order, without gaps; an indentation apart
#                <!-- sample: not checked: WHY -->
# Into OUT: an application has a folder of its own, the fragments of each kind one folder; "js", "sh" and "run" hold scripts. Prints how many there are.
BEGIN { marker = ""; inside = 0; count = 0; isEmpty = 1; indent = 0 }
function fail(line, text) { print FILENAME ":" line ": " text > "/dev/stderr"; failed = 1; exit 1 }
function trim(text) { gsub(/^ +| +$/, "", text); return text }
FNR == 1 { isEmpty = 1; indent = 0 }

!inside && /^ *<!-- sample: .* -->$/ { marker = trim($0); marker = substr(marker, 14, length(marker) - 17); next }
!inside && /^ *```/ {
    match($0, /^ */); fence = RLENGTH
    inside = 1; first = FNR + 1; text = ""; usings = ""; parameters = ""; packages = ""; kind = marker
    language = trim(substr($0, fence + 4))
    if (language == "") { fail(FNR, "a block of code says its language: csharp, js, sh, or text where it is what a program prints") }
    if (kind ~ /^from /) { source = substr(kind, 6); kind = "from" }
    else if (kind ~ /^not checked: ./) { kind = "none" }
    else if (language == "csharp") {
        if (kind == "") { kind = "application" }
        if (kind ~ /^application with /) { packages = substr(kind, 18); kind = "application" }
        if (kind ~ /^fragment/) { parameters = substr(kind, 10); kind = "fragments" }
        else if (kind ~ /^grain client/) { parameters = substr(kind, 14); kind = "grain-client" }
        else if (kind != "application") { fail(FNR - 1, "there is no kind of sample called \"" kind "\"") }
    }
    else if (language == "sh" && kind == "run") { }
    else if (kind != "") { fail(FNR - 1, "there is no kind of sample called \"" kind "\" in " language) }
    else if (language == "js" || language == "sh") { kind = language }
    else if (language == "mermaid" || language == "text") { kind = "none" }
    else { fail(FNR, "nothing checks a block of " language "; say before it from which file it is, or why it is not checked (eng/samples.awk)") }
    next
}
inside && /^ *```/ {
    inside = 0; marker = ""; isEmpty = 0
    if (kind == "none") { next }
    count++
    if (kind == "from") { look(); next }
    name = FILENAME; gsub(/[^A-Za-z0-9]/, "_", name)
    folder = kind == "application" ? OUT "/application-" name "-" first : OUT "/" kind
    system("mkdir -p '" folder "'")
    if (kind == "js" || kind == "sh" || kind == "run") {
        file = folder "/" name "-" first (kind == "js" ? ".mjs" : ".sh")
        printf "%s", text > file
        close(file)
        next
    }
    file = folder "/" (kind == "application" ? "Program" : "Sample_" name "_" first) ".cs"
    line = "#line " first " \"" FILENAME "\"\n"
    if (kind == "application") { printf "%s%s", line, text > file }
    else {
        printf "%sinternal static class Sample_%s_%d\n{\n    public static async Task RunAsync(%s)\n    {\n%s%s        await Task.CompletedTask;\n    }\n}\n", \
            usings, name, first, parameters, line, text > file
    }
    close(file)
    if (packages != "") { print packages > (folder "/packages"); close(folder "/packages") }
    next
}
inside {
    # Usings stand before all else of a file; an empty line stays in their place, so that lines keep their numbers.
    if ((kind == "fragments" || kind == "grain-client") && $0 ~ /^using [A-Za-z.]+;$/) { usings = usings $0 "\n"; text = text "\n" }
    else { text = text substr($0, fence + 1) "\n" }
    next
}
marker != "" { fail(FNR, "a sample's comment stands in the line before the sample") }

# A block by indentation alone would have no language. It is one where it is indented by four more than the list that it stands in.
/^ *$/ { isEmpty = 1; next }
{
    match($0, /^ */); spaces = RLENGTH
    if (isEmpty && spaces >= indent + 4) { fail(FNR, "code stands between fences that say its language, not behind an indentation") }
    if (match($0, /^ *([-*]|[0-9]+\.) +/)) { indent = RLENGTH }
    else if (isEmpty && spaces < indent) { indent = spaces }
    isEmpty = 0
}

# Whether the lines of the block stand in its source one after the other.
function look(    lines, wanted, i, at, n, read, found) {
    n = split(text, wanted, "\n") - 1
    while ((read = (getline line < source)) > 0) { lines[++at] = trim(line) }
    close(source)
    if (read < 0) { fail(first - 2, "there is no file " source) }
    for (i = 1; i + n - 1 <= at && !found; i++) {
        for (found = 1; found <= n && lines[i + found - 1] == trim(wanted[found]); found++) { }
        found = found > n
    }
    if (!found) { fail(first, "this is not what stands in " source) }
}
END {
    if (failed) { exit 1 }
    if (inside) { print FILENAME ": a sample does not end" > "/dev/stderr"; exit 1 }
    print count
}
