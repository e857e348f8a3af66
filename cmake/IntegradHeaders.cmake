# integrad_public_headers(<variable>): the headers that users may include, relative to the project.
# Left out is what serves one instruction set only: kernels/simd, its interface fast.h, what is made of
# that or speaks of it, and winograd.h, whose formulas the kernels alone need. Plain data that others
# speak of too stays. A public header includes public ones only (tests/structure/headers_alone.sh).
function(integrad_public_headers variable)
  set(headers)
  foreach(folder tensor autograd nn quant train)
    file(GLOB_RECURSE found RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
      ${PROJECT_SOURCE_DIR}/${folder}/*.h)
    list(APPEND headers ${found})
  endforeach()
  list(FILTER headers EXCLUDE REGEX "/simd/")
  list(FILTER headers EXCLUDE REGEX "/(fake_quant_kernels|fast|fast_pointwise|forward_rows|gradient_bands|json|logistic_lines|max_pool|packed_filter|row_pairs|training_rows|winograd)\\.h$")
  list(APPEND headers tensor/kernels/simd/channel_map.h tensor/kernels/simd/ring_rows.h
    tensor/kernels/simd/row_destination.h tensor/kernels/simd/upcoming.h)
  set(${variable} ${headers} PARENT_SCOPE)
endfunction()
