# Does what a user of the runtime does: installs it by itself, finds it with find_package, builds
# examples/classify with a network and runs it on images. Variables: SOURCE (the repository), WORK
# (a folder of this test's own), LIBRARY (the network's lib<name>.a), WRITER (writes the model file).
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
    set(result "${result}" PARENT_SCOPE)
    set(out "${out}" PARENT_SCOPE)
    set(err "${err}" PARENT_SCOPE)
endfunction()

function(must)
    run(${ARGN})
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "failed: ${ARGN}\n${out}${err}")
    endif()
    set(out "${out}" PARENT_SCOPE)
endfunction()

function(classify_gives image expected)
    must(${WORK}/classify/classify ${WORK}/model/network.octet ${image})
    if(NOT out STREQUAL expected)
        message(FATAL_ERROR "${image}: expected\n${expected}but got\n${out}")
    endif()
endfunction()

function(classify_refuses model image reason)
    run(${WORK}/classify/classify ${model} ${image})
    if(NOT result EQUAL 1 OR NOT err MATCHES "${reason}")
        message(FATAL_ERROR "${image}: expected exit code 1 and '${reason}', got ${result}: ${err}")
    endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/model)
file(COPY ${LIBRARY} ${CMAKE_CURRENT_LIST_DIR}/network.h DESTINATION ${WORK}/model)
must(${WRITER} ${WORK}/model/network.octet)

set(generate ${CMAKE_COMMAND} -G Ninja -DCMAKE_BUILD_TYPE=Release)
must(${generate} -S ${SOURCE} -B ${WORK}/runtime -DOCTET_BUILD_COMPILER=OFF
     -DCMAKE_INSTALL_PREFIX=${WORK}/prefix)
must(${CMAKE_COMMAND} --build ${WORK}/runtime --target install)
must(${generate} -S ${SOURCE}/examples/classify -B ${WORK}/classify -DMODEL_DIR=${WORK}/model
     -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_C_FLAGS=-Werror)
must(${CMAKE_COMMAND} --build ${WORK}/classify)

# 20 pixels of (A, B, C) = (65, 66, 67), as pixels and as the bytes of the int8 input.
string(REPEAT "ABC" 20 pixels)
set(expected "scores[0] 1300.0000\nscores[1] 1320.0000\nscores[2] 1340.0000\nbest: 2\n")
file(WRITE ${WORK}/photo.ppm "P6\n5 4\n255\n${pixels}")
classify_gives(${WORK}/photo.ppm "${expected}")
set(expected "scores[0] 3860.0000\nscores[1] 3880.0000\nscores[2] 3900.0000\nbest: 2\n")
file(WRITE ${WORK}/photo.raw "${pixels}")
classify_gives(${WORK}/photo.raw "${expected}")
if(PYTHON)
    must(${PYTHON} ${CMAKE_CURRENT_LIST_DIR}/write_arrays.py ${WORK})
    classify_gives(${WORK}/photo.npy "${expected}")
    classify_refuses(${WORK}/model/network.octet ${WORK}/floats.npy "another type")
    classify_refuses(${WORK}/model/network.octet ${WORK}/small.npy "another size")
endif()

file(WRITE ${WORK}/large.ppm "P6\n5 5\n255\n${pixels}")
classify_refuses(${WORK}/model/network.octet ${WORK}/large.ppm "another size")
file(WRITE ${WORK}/short.ppm "P6\n5 4\n255\nABC")
classify_refuses(${WORK}/model/network.octet ${WORK}/short.ppm "truncated")
file(WRITE ${WORK}/short.raw "ABC")
classify_refuses(${WORK}/model/network.octet ${WORK}/short.raw "another size")
classify_refuses(${WORK}/model/network.octet ${WORK}/none.npy "cannot be opened")
classify_refuses(${WORK}/photo.raw ${WORK}/photo.raw "not an Octet model file")
