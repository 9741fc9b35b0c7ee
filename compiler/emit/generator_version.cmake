# Writes OUTPUT, a header with one hash over the contents of FILES.
set(hashes "")
foreach(file IN LISTS FILES)
    file(SHA256 ${file} hash)
    string(APPEND hashes ${hash})
endforeach()
string(SHA256 version "${hashes}")
file(WRITE ${OUTPUT}
     "#pragma once\ninline constexpr const char *octet_generator_version = \"${version}\";\n")
