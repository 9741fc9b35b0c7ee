; Instructions of NVIDIA's cards that Halide does not know, as functions that its kernels call.
;
; Put into the module of Halide's own device functions when Octet is built. Halide calls a
; vectorized extern function f of n lanes by the name f followed by xn, with vectors as arguments.

declare { i32, i32, i32, i32 } @llvm.nvvm.mma.m16n8k32.row.col.s8(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)

; c + a b of a 16x32 and a 32x8 matrix of int8; of b, the first two words count.
define weak_odr <4 x i32> @octet_mma_s8x4(<4 x i32> %a, <4 x i32> %b, <4 x i32> %c) alwaysinline nounwind {
  %a0 = extractelement <4 x i32> %a, i32 0
  %a1 = extractelement <4 x i32> %a, i32 1
  %a2 = extractelement <4 x i32> %a, i32 2
  %a3 = extractelement <4 x i32> %a, i32 3
  %b0 = extractelement <4 x i32> %b, i32 0
  %b1 = extractelement <4 x i32> %b, i32 1
  %c0 = extractelement <4 x i32> %c, i32 0
  %c1 = extractelement <4 x i32> %c, i32 1
  %c2 = extractelement <4 x i32> %c, i32 2
  %c3 = extractelement <4 x i32> %c, i32 3
  %d = call { i32, i32, i32, i32 } @llvm.nvvm.mma.m16n8k32.row.col.s8(i32 %a0, i32 %a1, i32 %a2, i32 %a3, i32 %b0, i32 %b1, i32 %c0, i32 %c1, i32 %c2, i32 %c3)
  %d0 = extractvalue { i32, i32, i32, i32 } %d, 0
  %d1 = extractvalue { i32, i32, i32, i32 } %d, 1
  %d2 = extractvalue { i32, i32, i32, i32 } %d, 2
  %d3 = extractvalue { i32, i32, i32, i32 } %d, 3
  %v0 = insertelement <4 x i32> poison, i32 %d0, i32 0
  %v1 = insertelement <4 x i32> %v0, i32 %d1, i32 1
  %v2 = insertelement <4 x i32> %v1, i32 %d2, i32 2
  %v3 = insertelement <4 x i32> %v2, i32 %d3, i32 3
  ret <4 x i32> %v3
}

; Copies 16 bytes from global to shared memory while the thread goes on. Indices count words.
define weak_odr i32 @octet_cp_async16(ptr addrspace(3) %to, i32 %to_word, ptr %from, i32 %from_word) alwaysinline nounwind {
  %i = sext i32 %to_word to i64
  %j = sext i32 %from_word to i64
  %t = getelementptr i32, ptr addrspace(3) %to, i64 %i
  %g = addrspacecast ptr %from to ptr addrspace(1)
  %f = getelementptr i32, ptr addrspace(1) %g, i64 %j
  call void asm sideeffect "cp.async.cg.shared.global [$0], [$1], 16;", "l,l,~{memory}"(ptr addrspace(3) %t, ptr addrspace(1) %f)
  ret i32 0
}

; The same from `from` where `inside` is not 0, else from the start of `other`.
define weak_odr i32 @octet_cp_async16_or(ptr addrspace(3) %to, i32 %to_word, ptr %from, i32 %from_word, ptr %other, i32 %inside) alwaysinline nounwind {
  %i = sext i32 %to_word to i64
  %j = sext i32 %from_word to i64
  %t = getelementptr i32, ptr addrspace(3) %to, i64 %i
  %g = addrspacecast ptr %from to ptr addrspace(1)
  %f = getelementptr i32, ptr addrspace(1) %g, i64 %j
  %o = addrspacecast ptr %other to ptr addrspace(1)
  %c = icmp ne i32 %inside, 0
  %s = select i1 %c, ptr addrspace(1) %f, ptr addrspace(1) %o
  call void asm sideeffect "cp.async.cg.shared.global [$0], [$1], 16;", "l,l,~{memory}"(ptr addrspace(3) %t, ptr addrspace(1) %s)
  ret i32 0
}

; Closes a group of copies, and waits until at most n groups are under way.
define weak_odr i32 @octet_cp_async_commit() alwaysinline nounwind {
  call void asm sideeffect "cp.async.commit_group;", "~{memory}"()
  ret i32 0
}
define weak_odr i32 @octet_cp_async_wait0() alwaysinline nounwind {
  call void asm sideeffect "cp.async.wait_group 0;", "~{memory}"()
  ret i32 0
}
define weak_odr i32 @octet_cp_async_wait1() alwaysinline nounwind {
  call void asm sideeffect "cp.async.wait_group 1;", "~{memory}"()
  ret i32 0
}
define weak_odr i32 @octet_cp_async_wait2() alwaysinline nounwind {
  call void asm sideeffect "cp.async.wait_group 2;", "~{memory}"()
  ret i32 0
}
