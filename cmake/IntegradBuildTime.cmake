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

# integrad_moderately_optimised(<library>): what -O3 adds beyond these loops in vectors and without
# branches gains nothing measurable in its files, and takes a tenth of their time to compile. (In tensor
# and quant it saves a tenth of the instructions of packing a filter.) Who asks for less has less.
function(integrad_moderately_optimised library)
  if(CMAKE_CXX_FLAGS_RELEASE MATCHES "-O3")
    target_compile_options(${library} PRIVATE $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:SHELL:-O2
      -ftree-loop-vectorize -ftree-slp-vectorize -fvect-cost-model=dynamic -funswitch-loops>)
  endif()
endfunction()

# integrad_quickly_compiled(<library> INCLUDE|EXCLUDE <pattern>): the library's files that fit the
# pattern, or those that do not, do no arithmetic that takes time; in optimised builds -Og compiles
# them in four fifths of the time of -O1. They become a target of their own, <library>_quick, as files in a
# batch share their options.
function(integrad_quickly_compiled library filter pattern)
  get_target_property(files ${library} SOURCES)
  set(quick ${files})
  list(FILTER quick ${filter} REGEX "${pattern}")
  list(REMOVE_ITEM files ${quick})
  add_library(${library}_quick OBJECT ${quick})
  integrad_batches(${library}_quick)
  target_compile_options(${library}_quick PRIVATE $<$<CONFIG:Release>:-Og>)
  foreach(property INCLUDE_DIRECTORIES LINK_LIBRARIES COMPILE_FEATURES POSITION_INDEPENDENT_CODE)
    get_target_property(value ${library} ${property})
    set_property(TARGET ${library}_quick PROPERTY ${property} ${value})
  endforeach()
  set_property(TARGET ${library} PROPERTY SOURCES ${files} $<TARGET_OBJECTS:${library}_quick>)
endfunction()
