# Cross compilation with arm-none-eabi-gcc, found on PATH or in OCTET_GCC_FOLDER.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
# There is no operating system to link a test program for.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES OCTET_GCC_FOLDER)

find_program(octet_gcc arm-none-eabi-gcc HINTS ${OCTET_GCC_FOLDER} REQUIRED)
get_filename_component(octet_folder ${octet_gcc} DIRECTORY)
set(CMAKE_C_COMPILER ${octet_gcc})
set(CMAKE_CXX_COMPILER ${octet_folder}/arm-none-eabi-g++)
set(CMAKE_ASM_COMPILER ${octet_gcc})
set(CMAKE_OBJCOPY ${octet_folder}/arm-none-eabi-objcopy)
set(CMAKE_SIZE ${octet_folder}/arm-none-eabi-size)

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
