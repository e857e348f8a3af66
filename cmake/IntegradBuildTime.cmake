# What keeps the build short.

# Most of a small file's time goes into the headers it includes; files compiled together read them
# once. So names in unnamed namespaces are unique within a folder, and each file still includes what it
# uses, as builds with INTEGRAD_BATCHES=OFF show (scripts/test --all). Who changes code may like it off:
# one file is then compiled again, not its whole batch.
option(INTEGRAD_BATCHES "Compile the files of each folder in batches" ON)
function(integrad_batches target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${INTEGRAD_BATCHES} UNITY_BUILD_BATCH_SIZE 60)
  # gcc looks for memory that it could use again, long before a batch's gigabyte is worth it: a fifth
  # of its time.
  if(INTEGRAD_BATCHES)
    target_compile_options(${target} PRIVATE
      $<$<CXX_COMPILER_ID:GNU>:SHELL:--param ggc-min-heapsize=2000000>)
  endif()
endfunction()

# integrad_own_options(<file> <options...>): a file with compiler options of its own; it is in no batch.
function(integrad_own_options file)
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${ARGN}")
endfunction()

# With it off, every file is compiled at the level that CMAKE_CXX_FLAGS_RELEASE asks for.
option(INTEGRAD_QUICK_BUILD "Optimise fully only what takes time to run" ON)

# The loops that take the time are in few files: ${integrad_fully_optimised} is in their own options.
# What else computes is compiled with gcc's -O1 and what its loops gain from, among it the limits of
# inlining of -O3: as many instructions as at -O3, in seven tenths of the time to compile. Who asks for
# less than -O3 has less everywhere.
set(integrad_fully_optimised)
set(integrad_moderate_options)
if(INTEGRAD_QUICK_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS_RELEASE MATCHES "-O3")
  set(integrad_fully_optimised $<$<CONFIG:Release>:-O3>)
  set(integrad_moderate_options -O1 -fstrict-aliasing -finline-functions -finline-small-functions
    --param=max-inline-insns-auto=30 --param=early-inlining-insns=14 -ftree-loop-vectorize
    -ftree-slp-vectorize -fvect-cost-model=dynamic -funswitch-loops -fpeel-loops
    -ftree-loop-distribute-patterns)
endif()

# integrad_moderately_optimised(<library>): all its files but those that are fully optimised.
function(integrad_moderately_optimised library)
  target_compile_options(${library} PRIVATE "$<$<CONFIG:Release>:${integrad_moderate_options}>")
endfunction()

# integrad_quickly_optimised(<target>): what does no arithmetic that takes time. -Og compiles in four
# fifths of the time of -O1, and with functions that have one caller inlined (gcc) in nine tenths of that.
function(integrad_quickly_optimised target)
  if(INTEGRAD_QUICK_BUILD)
    target_compile_options(${target} PRIVATE
      $<$<CONFIG:Release>:-Og>
      $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-finline-functions-called-once>)
  endif()
endfunction()

# integrad_quickly_compiled(<library> INCLUDE|EXCLUDE <pattern>): the library's files that fit the
# pattern, or those that do not, are quickly optimised. They become a target of their own,
# <library>_quick, as files in a batch share their options.
function(integrad_quickly_compiled library filter pattern)
  get_target_property(files ${library} SOURCES)
  set(quick ${files})
  list(FILTER quick ${filter} REGEX "${pattern}")
  list(REMOVE_ITEM files ${quick})
  add_library(${library}_quick OBJECT ${quick})
  integrad_batches(${library}_quick)
  integrad_quickly_optimised(${library}_quick)
  foreach(property INCLUDE_DIRECTORIES LINK_LIBRARIES COMPILE_FEATURES POSITION_INDEPENDENT_CODE)
    get_target_property(value ${library} ${property})
    set_property(TARGET ${library}_quick PROPERTY ${property} ${value})
  endforeach()
  set_property(TARGET ${library} PROPERTY SOURCES ${files} $<TARGET_OBJECTS:${library}_quick>)
endfunction()
