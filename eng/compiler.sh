# Sourced by scripts that build several projects: one compiler for all of them, because one for each takes seconds of a processor to start. It has to be told
# to end (end_compiler), or it stays for ten minutes.
export UseSharedCompilation=true SharedCompilationId=oa-$$

end_compiler() {
  if [[ -z ${SharedCompilationId-} ]]; then return; fi
  local version compiler
  version=$(dotnet --version)
  compiler=$(dotnet --list-sdks | sed -n "s|^$version \[\(.*\)\]\$|\1/$version/Roslyn/bincore/VBCSCompiler.dll|p")
  dotnet "$compiler" -shutdown "-pipename:$SharedCompilationId" >/dev/null || true
  unset UseSharedCompilation SharedCompilationId
}
