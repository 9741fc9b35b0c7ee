/* The model image as read-only data: octet_image to octet_image_end. OCTET_IMAGE_FILE is its path in
 * quotation marks. */
    .section .rodata.octet_image, "a"
    .balign 16
    .global octet_image
    .global octet_image_end
    .type octet_image, %object
octet_image:
    .incbin OCTET_IMAGE_FILE
octet_image_end:
    .size octet_image, octet_image_end - octet_image
