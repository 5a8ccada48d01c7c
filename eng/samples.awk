# Writes the ```csharp samples of documents as projects' sources into OUT, as they stand. A comment in the line before may say what a sample is:
#   <!-- sample: application -->               a program (also without a comment)
#   <!-- sample: application with P@1.0 … -->  one that references packages as well; the file "packages" beside it has them
#   <!-- sample: fragment TYPE NAME, … -->     statements of an application, in which these variables are
#   <!-- sample: grain client TYPE NAME, … --> the same of a program that has the grain interfaces and nothing else of this project
# An application gets a folder of its own, the fragments of each kind one folder.
BEGIN { marker = ""; inside = 0; count = 0 }
!inside && /^<!-- sample: .* -->$/ { marker = substr($0, 14, length($0) - 17); next }
!inside && /^ *```(csharp|cs|c#)/ {
    inside = 1; first = FNR + 1; text = ""; usings = ""
    kind = marker == "" ? "application" : marker
    parameters = ""; packages = ""
    if (kind ~ /^application with /) { packages = substr(kind, 18); kind = "application" }
    if (kind ~ /^fragment/) { parameters = substr(kind, 10); kind = "fragments" }
    else if (kind ~ /^grain client/) { parameters = substr(kind, 14); kind = "grain-client" }
    else if (kind != "application") { print FILENAME ":" FNR - 1 ": there is no kind of sample called \"" kind "\"" > "/dev/stderr"; exit 1 }
    next
}
inside && /^ *```/ {
    inside = 0; marker = ""; count++
    name = FILENAME; gsub(/.*\//, "", name); gsub(/[^A-Za-z0-9]/, "_", name)
    folder = kind == "application" ? OUT "/application-" name "-" first : OUT "/" kind
    file = folder "/" (kind == "application" ? "Program" : "Sample_" name "_" first) ".cs"
    system("mkdir -p '" folder "'")
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
    if (kind != "application" && $0 ~ /^using [A-Za-z.]+;$/) { usings = usings $0 "\n"; text = text "\n" }
    else { text = text $0 "\n" }
    next
}
marker != "" { print FILENAME ":" FNR ": a sample's comment stands in the line before the sample" > "/dev/stderr"; exit 1 }
END { if (inside) { print FILENAME ": a sample does not end" > "/dev/stderr"; exit 1 } print count }
