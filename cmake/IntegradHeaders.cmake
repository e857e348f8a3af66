# integrad_public_headers(<variable>): the headers that users may include, relative to the project.
# Left out is what serves one instruction set only (kernels/simd, its interface fast.h and what is made
# of that, or whose formulas the kernels alone need: winograd.h); plain data that others speak of too
# stays.
function(integrad_public_headers variable)
  set(headers)
  foreach(folder tensor autograd nn quant train)
    file(GLOB_RECURSE found RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
      ${PROJECT_SOURCE_DIR}/${folder}/*.h)
    list(APPEND headers ${found})
  endforeach()
  list(FILTER headers EXCLUDE REGEX "/simd/|/(fast|forward_rows|gradient_bands|json|winograd)\\.h$")
  list(APPEND headers tensor/kernels/simd/channel_map.h tensor/kernels/simd/ring_rows.h
    tensor/kernels/simd/row_destination.h tensor/kernels/simd/upcoming.h)
  set(${variable} ${headers} PARENT_SCOPE)
endfunction()
