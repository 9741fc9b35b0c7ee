# Does what a firmware engineer does: takes what octet compile writes, builds the
# firmware with nothing but its folder and the tool chain, and runs it. Variables: SOURCE
# (the repository), WORK (a folder of this test's own), WRITER (write_firmware.cpp).
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
    set(result "${result}" PARENT_SCOPE)
    set(out "${out}${err}" PARENT_SCOPE)
endfunction()

function(must)
    run(${ARGN})
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "failed: ${ARGN}\n${out}")
    endif()
    set(out "${out}" PARENT_SCOPE)
endfunction()

foreach(tool arm-none-eabi-gcc arm-none-eabi-g++ qemu-system-arm)
    find_program(found_${tool} ${tool})
    if(NOT found_${tool})
        message("skipped: there is no ${tool}")
        return()
    endif()
endforeach()

# Writes the folder that octet compile writes, with kernels made by hand.
function(write_folder target folder flags)
    file(REMOVE_RECURSE ${folder})
    must(${WRITER} ${target} ${folder})
    file(COPY ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/device.h DESTINATION ${folder})
    must(arm-none-eabi-gcc ${flags} -mthumb -Os -I${SOURCE}/runtime/include
         -I${SOURCE}/targets/cortex_m/firmware
         -c ${SOURCE}/tests/bare_metal/device_kernels.c -o ${folder}/kernels.o)
    must(arm-none-eabi-ar rcsD ${folder}/libdevice.a ${folder}/kernels.o)
    file(REMOVE ${folder}/kernels.o)
endfunction()

function(build folder)
    must(${CMAKE_COMMAND} -G Ninja -S ${folder} -B ${folder}/build
         -DCMAKE_TOOLCHAIN_FILE=toolchain.cmake -DCMAKE_C_FLAGS=-Werror
         -DCMAKE_CXX_FLAGS=-Werror ${ARGN})
    must(${CMAKE_COMMAND} --build ${folder}/build)
    if(NOT out MATCHES "FLASH: +[0-9]+ .*RAM: +[0-9]+")
        message(FATAL_ERROR "no report of the memory used:\n${out}")
    endif()
    if(NOT EXISTS ${folder}/build/device.bin)
        message(FATAL_ERROR "no device.bin")
    endif()
endfunction()

# The largest of the rows' sums: sum over c of uint8(7 (64 r + c) + 11 c + 5).
set(best -1)
foreach(r RANGE 3)
    set(sum 0)
    foreach(c RANGE 63)
        math(EXPR sum "${sum} + (7 * (64 * ${r} + ${c}) + 11 * ${c} + 5) % 256")
    endforeach()
    if(sum GREATER best)
        set(best ${sum})
        set(top ${r})
    endif()
endforeach()

function(runs_right folder)
    must(${CMAKE_COMMAND} --build ${folder}/build --target run)
    if(NOT out MATCHES "sums: largest is element ${top}, stored as ${best}\n" OR
       NOT out MATCHES "one run took [0-9]+ cycles")
        message(FATAL_ERROR "expected element ${top} with ${best}, got\n${out}")
    endif()
endfunction()

write_folder(cortex-m4 ${WORK}/m4 "-mcpu=cortex-m4;-mfloat-abi=hard;-mfpu=fpv4-sp-d16")
build(${WORK}/m4/firmware)
runs_right(${WORK}/m4/firmware)

# A damaged model: one line, and the exit code says so too.
file(WRITE ${WORK}/m4/device.octet "OCTTOCTTOCTTOCTT")
must(${CMAKE_COMMAND} --build ${WORK}/m4/firmware/build)
run(${CMAKE_COMMAND} --build ${WORK}/m4/firmware/build --target run)
if(result EQUAL 0 OR NOT out MATCHES "device: not a valid model file")
    message(FATAL_ERROR "a damaged model gave ${result}:\n${out}")
endif()

write_folder(cortex-m0plus ${WORK}/m0plus "-mcpu=cortex-m0plus;-mfloat-abi=soft")
build(${WORK}/m0plus/firmware)
runs_right(${WORK}/m0plus/firmware)

# For a board of one's own: no semihosting, and then no breakpoint instruction either.
build(${WORK}/m0plus/firmware -DOCTET_SEMIHOSTING=OFF)
must(arm-none-eabi-objdump -d ${WORK}/m0plus/firmware/build/device.elf)
if(out MATCHES "bkpt")
    message(FATAL_ERROR "a firmware without semihosting has a breakpoint instruction")
endif()
