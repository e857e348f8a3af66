# What keeps the build short.

# integrad_precompile(<target> [headers...]): precompiled.h, and the headers given, are read once for
# the target instead of once for each file; with REUSE_FROM <target>, once for both. No file may rely
# on it: each includes what it uses, as builds with INTEGRAD_PRECOMPILE=OFF show. ccache stores nothing
# of such compilations unless it is told to trust the headers' times.
# Off: gcc 12 then reports -Wstringop-overflow inside std::string in four files.
option(INTEGRAD_PRECOMPILE "Read the standard library's headers once for each target" OFF)

function(integrad_precompile target)
  if(NOT INTEGRAD_PRECOMPILE)
    return()
  endif()
  if("${ARGV1}" STREQUAL REUSE_FROM)
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.h ${ARGN})
  endif()
endfunction()

# integrad_own_options(<file> <options...>): a file with compiler options of its own, which cannot
# take what was read without them.
function(integrad_own_options file)
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${ARGN}"
    SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# integrad_quickly_compiled(<target> [pattern]): the target's files, or those that fit the pattern, do
# no arithmetic that takes time; in optimised builds -O1 compiles them in two thirds of the time.
function(integrad_quickly_compiled target)
  get_target_property(files ${target} SOURCES)
  if(ARGN)
    list(FILTER files INCLUDE REGEX "${ARGN}")
  endif()
  set_property(SOURCE ${files} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-O1>)
endfunction()
