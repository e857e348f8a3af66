# Shared settings of all targets: language, warnings, the reproducibility flags, sanitizers.

# Headers are included as "integrad/<folder>/<file>", in the source tree as after installation.
set(INTEGRAD_INCLUDE_ROOT ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${INTEGRAD_INCLUDE_ROOT})
file(CREATE_LINK ${PROJECT_SOURCE_DIR} ${INTEGRAD_INCLUDE_ROOT}/integrad SYMBOLIC)

add_library(integrad_flags INTERFACE)
# No contraction and no fast-math: the same source gives the same bits from every compiler. Nobody
# reads floating-point exception flags or errno, and without them gcc vectorises comparisons.
target_compile_options(integrad_flags INTERFACE -ffp-contract=off -fno-trapping-math -fno-math-errno
  -Wall -Wextra -Wpedantic -Wconversion
  $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>
  # gcc 12 reports string concatenation as overlapping copies (its bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # gcc takes files of a batch for headers, whose unnamed namespaces would differ from file to file.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${INTEGRAD_BATCHES}>>:-Wno-subobject-linkage>
  $<$<BOOL:${INTEGRAD_WERROR}>:-Werror>)
if(INTEGRAD_SANITIZE)
  target_compile_options(integrad_flags INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=all -fno-omit-frame-pointer
    # With sanitizers gcc 12 sees uninitialised values inside <regex> that are not there.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # "quick": without the checks of every single pointer, which double the time to compile.
  if(INTEGRAD_SANITIZE STREQUAL "quick")
    target_compile_options(integrad_flags INTERFACE -fno-sanitize=null,alignment,vptr,object-size)
  endif()
  target_link_options(integrad_flags INTERFACE -fsanitize=address,undefined)
endif()

# integrad_library(<folder> [libraries it may use...]): one static library from the folder's sources.
function(integrad_library folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(integrad_${folder} STATIC ${sources})
  add_library(integrad::${folder} ALIAS integrad_${folder})
  set_target_properties(integrad_${folder} PROPERTIES EXPORT_NAME ${folder}
    POSITION_INDEPENDENT_CODE ON)
  target_compile_features(integrad_${folder} PUBLIC cxx_std_20)
  target_include_directories(integrad_${folder} PUBLIC
    $<BUILD_INTERFACE:${INTEGRAD_INCLUDE_ROOT}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(integrad_${folder} PUBLIC ${ARGN} PRIVATE $<BUILD_INTERFACE:integrad_flags>)
  integrad_batches(integrad_${folder})
  set_property(GLOBAL APPEND PROPERTY INTEGRAD_LIBRARIES integrad_${folder})
endfunction()
