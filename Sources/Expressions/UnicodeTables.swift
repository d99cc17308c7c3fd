// Generated from Go's unicode package (15.0.0), which Go's regexp/syntax reads: the
// standard library of Swift knows no scripts, and knows another version of Unicode on
// each platform. A line is `Name:` and ranges in base 36, each `distance from the end
// of the last` and, for more than one scalar, `+ length less one`.

enum UnicodeTables {
    static let categories = """
        C:0+v 2o+w e jv+1 7+3 8 2 l b2 13+1 1f+1 4 1k+7 s+3 7+g n 5d 1d+1 1o+1 2u+d 1o+1 1e+1 g t+1 2 c+4 w+8 23 \
        4i 9+1 3+1 n 8 2+2 5+1 a+1 3+1 5+7 2+3 3 6+1 q+1 4 7+3 3+1 n 8 3 3 3+1 2 6+3 3+1 4+2 2+6 5 2+6 i+9 4 a 4 n \
        8 3 6+1 b 4 4+1 2+e 5+1 d+6 8 4 9+1 3+1 n 8 3 6+1 a+1 3+1 4+6 4+3 3 6+1 j+9 3 7+2 4 5+2 3 2 3+2 3+2 4+2 \
        d+3 6+2 4 5+1 2+5 2+d m+4 e 4 o h+1 a 4 5+6 3 4+1 2+1 5+1 b+6 n 4 o b 6+1 a 4 5+6 3+5 3 5+1 b 4+b e 4 1g 4 \
        7+3 h+1 r 4 j+2 p a 2+1 8+2 2+3 7 2 9+5 b+1 4+b 1n+3 u+10 3 2 6 p 2 o+1 6 2 8 b+1 5+v 21 11+3 14 11 g e+10 \
        5j 2+4 2+1 ai 5+1 8 2 5+1 16 5+1 y 5+1 8 2 5+1 g 1m 5+1 1w+1 x+2 r+5 2f+1 7+1 im+2 2i+6 n+8 p+8 l+b e 4 \
        3+b 2n+1 b+5 b+5 f c+5 2i+6 18+4 1z+9 w d+3 d+3 2+2 17+1 6+a 19+3 r+5 c+2 1r+1 1u u+1 c+5 b+5 f+1 w+1c \
        26+2 1c 39+7 1p+2 g+2 1p+6 18+1 c+7 18+4 ev+1 7+1 13+1 7+1 9 2 2 2 w+1 1i g f+1 7 k+1 4 a c+4 r+4 1e+f 3+1 \
        s e+2 y+e y+e 3x+3 ig+o c+k 1ed+1 x 9q+4 1a 2+4 2+1 1l+6 3+d p+8 8 8 8 8 8 8 8 8 3j+x r 2i+b 5z+p d+3 1t \
        2f+1 2w+4 18 2n 2d+b 1c mlq+2 1k+8 9p+j 55+7 5o+4 3 2 6+n 1o+2 b+5 1l+7 1z+7 d+5 39+a v+2 27 c+3 y 1k+8 \
        f+1 b+1 2w+n t+9 7+1 7+1 7+8 8 8 1p+3 3j+1 b+5 8md+b o+3 1e+6ir a7+1 2z+11 8+b 6+4 r 6 2 3 3 3i+f ce+1 \
        1j+6 2+v 17+5 1g k 5+3 6 3s+3 5b+2 7+1 7+1 7+1 4+2 8 8+c 3+1 d r k 3 g+1 f+x 3g+4 4+3 1a+2 2h e+2 2+1a \
        1b+3l u+2 1e+e t+3 11+8 v+4 18+4 v 12+3 f+15 4f+1 b+5 11+3 11+3 15+7 1h+a d g 8 3 c g 8 3+1u 8o+8 n+9 9+n \
        7 17 a+1w 7+1 2 19 3+2 2+1 o 21+7 a+1b k 3+4 y+2 s+4 2+1r 1l+3 l+1 1f 3+4 9 4 u+1 4+3 b+6 a+6 1t+v 14+3 \
        d+8 1j+2 u+1 s+4 r+6 5+b 8+27 22+1i 1g+c 1g+6 1b+7 b+85 w 17 4+1 3+22 18+7 17+l r+11 t+j o+8 27+3 11+8 1r \
        6+c q+6 b+5 1i j+7 14+8 2p l+a j 1c+1p 8 2 5 g c+5 1o+4 b+5 5 9+1 3+1 n 8 3 6 b+1 3+1 4+1 2+5 2+4 8+1 8+2 \
        6+3u 2l 6+t 21+7 b+4l 1j+1 13+x 1y+a b+5 e+i 1n+5 b+1h s+1 g+3 o+54 1p+2r 2c+b 9+1 2+1 9 3 v 3+1 d+8 b+1x \
        9+1 1b+1 c+q 21+7 2c+c 22+6 b+6t a 1a f+9 u+2 x+1 n f+20 8 3 19+2 2 3 a+7 b+5 7 3 12 3 7+6 b+8l q+6 i 16+2 \
        t+2d 2+e 1f+c po+2t 34 6+a 5h+217 2s+c tt+f n+33d g8+6ns fu+6 w b+3 2a b+5 v+1 7+9 1z+9 b 8 m+4 k+j3 2k+2s \
        24+3 1m+6 i+1r 6+a 3+d 4qh+7 yf+15 a+6w6 5 8 3 84+e 2+s 4+1 2+d 5+7 b1+1s3 30+4 e+2 a+6 b+1 5+3mn 1b+1 o+8 \
        39+1n 6v+9 14+1 23+7 35+k 1z+3d l+b l+b 2g+8 q+3q 2e 20 3+1 2+1 3+1 5 d 2 8 1u 5+1 9 8 t 5 6 2+2 8 9h+1 \
        85+1 jj+e 6 g+un w+5 7+5w 8 i+1 8 3 6+4 1r+w 2+33 1a+2 f+1 b+3 3+8v w+g 1n+4 2+cv 17+kl 8 5 3 g 5i+1 h+14 \
        25+3 b+3 3+ls 1x+23 1q+5d 5 s 3 2+1 2 b 5 2 2+5 2+3 2 2 2 4 3 2+1 2 2 2 2 2 3 2+1 5 8 5 5 2 b i+4 4 6 i+1f \
        3+7h 19+3 2t+b g+1 g g 12+9 4v+1j u+c 19+3 a+6 3+d 7+49 rd+3 i+2 e+2 3c+3 2o+5 d+3 2+e d+3 1l+7 b+5 15+7 \
        v+1 3+25 9h+b f+1 e+2 a+6 1b 8+7 f+3 a+6 a+6 44 1k+10 b+sl wyp+v 37f+5 67+1 4g3+d 5rm+2e6 f3+15t 3t8+4 \
        38h+f9e7 6p+47bj
        Cc:0+v 2o+w
        Cf:4t 11v+5 n 5d 1e ap+1 29 2zw 1kt+4 r+4 1e+4 2+9 17yo 6y+2 3b6 g 6zn+f qxt+3 440+7 h407 v+2n
        Cn:oo+1 7+3 8 2 l b2 13+1 1f+1 4 1k+7 s+3 7+a 7j 1p+1 2u+d 1o+1 1e+1 g t+1 2 c+4 w 3+5 6l 9+1 3+1 n 8 2+2 \
        5+1 a+1 3+1 5+7 2+3 3 6+1 q+1 4 7+3 3+1 n 8 3 3 3+1 2 6+3 3+1 4+2 2+6 5 2+6 i+9 4 a 4 n 8 3 6+1 b 4 4+1 \
        2+e 5+1 d+6 8 4 9+1 3+1 n 8 3 6+1 a+1 3+1 4+6 4+3 3 6+1 j+9 3 7+2 4 5+2 3 2 3+2 3+2 4+2 d+3 6+2 4 5+1 2+5 \
        2+d m+4 e 4 o h+1 a 4 5+6 3 4+1 2+1 5+1 b+6 n 4 o b 6+1 a 4 5+6 3+5 3 5+1 b 4+b e 4 1g 4 7+3 h+1 r 4 j+2 p \
        a 2+1 8+2 2+3 7 2 9+5 b+1 4+b 1n+3 u+10 3 2 6 p 2 o+1 6 2 8 b+1 5+v 21 11+3 14 11 g e+10 5j 2+4 2+1 ai 5+1 \
        8 2 5+1 16 5+1 y 5+1 8 2 5+1 g 1m 5+1 1w+1 x+2 r+5 2f+1 7+1 im+2 2i+6 n+8 p+8 l+b e 4 3+b 2n+1 b+5 b+5 r+5 \
        2i+6 18+4 1z+9 w d+3 d+3 2+2 17+1 6+a 19+3 r+5 c+2 1r+1 1u u+1 c+5 b+5 f+1 w+1c 26+2 1c 39+7 1p+2 g+2 1p+6 \
        18+1 c+7 18+4 ev+1 7+1 13+1 7+1 9 2 2 2 w+1 1i g f+1 7 k+1 4 a 2u d+1 s e+2 y+e y+e 3x+3 ig+o c+k 1ed+1 x \
        9q+4 1a 2+4 2+1 1l+6 3+d p+8 8 8 8 8 8 8 8 8 3j+x r 2i+b 5z+p d+3 1t 2f+1 2w+4 18 2n 2d+b 1c mlq+2 1k+8 \
        9p+j 55+7 5o+4 3 2 6+n 1o+2 b+5 1l+7 1z+7 d+5 39+a v+2 27 c+3 y 1k+8 f+1 b+1 2w+n t+9 7+1 7+1 7+8 8 8 1p+3 \
        3j+1 b+5 8md+b o+3 1e+3 6sv+1 2z+11 8+b 6+4 r 6 2 3 3 3i+f ce+1 1j+6 2+v 17+5 1g k 5+3 6 3s+1 2 5b+2 7+1 \
        7+1 7+1 4+2 8 8+9 6+1 d r k 3 g+1 f+x 3g+4 4+3 1a+2 2h e+2 2+1a 1b+3l u+2 1e+e t+3 11+8 v+4 18+4 v 12+3 \
        f+15 4f+1 b+5 11+3 11+3 15+7 1h+a d g 8 3 c g 8 3+1u 8o+8 n+9 9+n 7 17 a+1w 7+1 2 19 3+2 2+1 o 21+7 a+1b k \
        3+4 y+2 s+4 2+1r 1l+3 l+1 1f 3+4 9 4 u+1 4+3 b+6 a+6 1t+v 14+3 d+8 1j+2 u+1 s+4 r+6 5+b 8+27 22+1i 1g+c \
        1g+6 1b+7 b+85 w 17 4+1 3+22 18+7 17+l r+11 t+j o+8 27+3 11+8 1x+9 2+1 q+6 b+5 1i j+7 14+8 2p l+a j 1c+1p \
        8 2 5 g c+5 1o+4 b+5 5 9+1 3+1 n 8 3 6 b+1 3+1 4+1 2+5 2+4 8+1 8+2 6+3u 2l 6+t 21+7 b+4l 1j+1 13+x 1y+a \
        b+5 e+i 1n+5 b+1h s+1 g+3 o+54 1p+2r 2c+b 9+1 2+1 9 3 v 3+1 d+8 b+1x 9+1 1b+1 c+q 21+7 2c+c 22+6 b+6t a 1a \
        f+9 u+2 x+1 n f+20 8 3 19+2 2 3 a+7 b+5 7 3 12 3 7+6 b+8l q+6 i 16+2 t+2d 2+e 1f+c po+2t 34 6+a 5h+217 \
        2s+c uv+33d g8+6ns fu+6 w b+3 2a b+5 v+1 7+9 1z+9 b 8 m+4 k+j3 2k+2s 24+3 1m+6 i+1r 6+a 3+d 4qh+7 yf+15 \
        a+6w6 5 8 3 84+e 2+s 4+1 2+d 5+7 b1+1s3 30+4 e+2 a+6 b+1 9+3mj 1b+1 o+8 39+1n 6v+9 14+1 5f+k 1z+3d l+b l+b \
        2g+8 q+3q 2e 20 3+1 2+1 3+1 5 d 2 8 1u 5+1 9 8 t 5 6 2+2 8 9h+1 85+1 jj+e 6 g+un w+5 7+5w 8 i+1 8 3 6+4 \
        1r+w 2+33 1a+2 f+1 b+3 3+8v w+g 1n+4 2+cv 17+kl 8 5 3 g 5i+1 h+14 25+3 b+3 3+ls 1x+23 1q+5d 5 s 3 2+1 2 b \
        5 2 2+5 2+3 2 2 2 4 3 2+1 2 2 2 2 2 3 2+1 5 8 5 5 2 b i+4 4 6 i+1f 3+7h 19+3 2t+b g+1 g g 12+9 4v+1j u+c \
        19+3 a+6 3+d 7+49 rd+3 i+2 e+2 3c+3 2o+5 d+3 2+e d+3 1l+7 b+5 15+7 v+1 3+25 9h+b f+1 e+2 a+6 1b 8+7 f+3 \
        a+6 a+6 44 1k+10 b+sl wyp+v 37f+5 67+1 4g3+d 5rm+2e6 f3+15t 3t8+4 38h+f974 2+t 2p+3j 6p+1e6n 1ekf+1 1ekf+1
        Co:188w+4xr jpc1+1ekd 3+1ekd
        Cs:16o0+1kv
        L:1t+p 7+p 1c b 5 6+m 2+u 2+cp 5+b f+4 8 2 3m+4 2+1 3+3 2 7 2+2 2 2+j 2+2a 2+3u 9+4l 2+11 3 7+14 20+q 5+3 \
        1a+16 10+1 2+2q 2 g+1 8+1 b+2 3 h 2+t u+2g c p+w a+1 5 6+l 5 a 4 o+o 8+a 6+n 2+5 i+15 1n+1h 4 j 8+9 g+f \
        5+7 3+1 3+l 2+6 2 4+3 4 h e+1 2+2 f+1 b 9+5 5+1 3+l 2+6 2+1 2+1 2+1 w+3 2 k+2 h+8 2+2 2+l 2+6 2+1 2+4 4 j \
        g+1 o c+7 3+1 3+l 2+6 2+1 2+4 4 v+1 2+2 g i 2+5 4+2 2+3 4+1 2 2+1 4+1 4+2 4+b n 1h+7 2+2 2+m 2+f 4 r+2 3 \
        3+1 v 5+7 2+2 2+m 2+9 2+4 4 w+1 2+1 g+1 i+8 2+2 2+14 3 h 6+2 9+2 p+5 6+h 4+n 2+8 2 3+6 1n+1b 2+1 d+6 1n+1 \
        2 2+4 2+n 2 2+9 2+1 a 3+4 2 m+3 x 1s+7 2+z s+4 38+16 l h+5 5+3 4 4+1 8+2 5+c d i+11 2 6 3+16 2+98 2+3 3+6 \
        2 2+3 3+14 2+3 3+w 2+3 3+6 2 2+3 3+e 2+1k 2+3 3+1u 12+f h+2d 3+5 4+h7 3+g 2+p 6+22 7+7 8+h e+i f+h f+c 2+2 \
        g+1f 10 5 1w+2g 8+4 3+x 2 6+1x b+u 1e+t 3+4 c+17 5+p 1j+m a+1g 2b 2m+1a i+7 1j+t e+1 b+17 r+z 16+2 b+z 3+8 \
        8+16 3+2 16+3 2+5 2+1 4 6+5b 1t+7p 3+5 3+11 3+5 3+7 2 2 2 2+u 3+1g 2+6 2 4+2 2+6 4+3 3+5 5+c 6+2 2+6 39 e \
        h+c 2u 5 3+9 2 4+4 7 2 2 2+3 2+a 3+3 6+4 5 1h+1 22k+6c 7+3 4+1 d+11 2 6 3+1j 8 h+m a+6 2+6 2+6 2+6 2+6 2+6 \
        2+6 2+6 29 d2+1 17+4 6+1 5+2d 7+2 2+2h 2+3 6+16 2+2l i+v 1d+f e9+533 1t+h3g 1w+19 3+7g 4+f b+1 l+1a h+u \
        3+1x 1e+8 3+2u 3+1r 6+1 2 2+4 p+f 2+2 2+3 2+m u+1f f+1d 1r+5 4 2+1 c+r b+m q+s 8+1a t h+4 2+9 b+4 2+14 o+2 \
        2+7 l+m 4 4+1d 2 4+1 3+4 3 2 p+2 3+a 8+2 d+5 3+5 3+5 a+6 2+6 2+16 2+d 7+36 u+8mb d+m 5+1c 6it+a5 3+2x 13+6 \
        d+4 6 2+9 2+c 2+4 2 2+1 2+1 2+2z y+a2 j+1r 3+1h 15+b 39+4 2+3q 11+p 7+p c+2g 4+5 3+5 3+5 3+2 10+b 2+p 2+i \
        2+1 2+e 3+d z+3e au+s 4+1c 1c+v e+j 2+7 7+11 b+t 3+z 5+7 1d+4d j+z 5+z 5+13 9+1f d+a 2+e 2+6 2+1 2+a 2+e \
        2+6 2+1 1w+8m a+l b+7 p+5 2+15 2+8 1y+5 3 2+17 2+1 4 3+m b+m a+u 1u+i 2+1 b+l b+p 1z+1j 7+1 1t g+3 2+2 2+s \
        17+s 4+s 10+7 2+r s+1h b+l b+i e+h 33+20 1k+1e e+1e e+z 9p+15 7+1 27+s b 9+l 17+h 1b+k s+m d+1g 1m+1 3 \
        e+18 x+o r+z u 3 9+y 4 d+1b f+3 m 2 10+h 2+o k+1 1s+6 2 2+3 2+e 2+9 8+1a 13+7 3+1 3+l 2+6 2+1 2+4 4 j d+4 \
        4f+1g j+3 l+2 v+1b l+1 2 55+1a 16+3 11+1b l 1o+16 e 20+q 12+6 56+17 39+1r w+7 3 3+7 2+1 2+n g 2 2n+7 3+12 \
        h 2 t b+13 8 m c+19 k j+20 7c+8 2+10 i 1e+t 35+6 2+1 2+11 m q+5 2+1 2+v f 94+i g 2+c 2+x 3h 28+pl 6f+5f \
        219+2o g+tr i+5 33u+g6 6nu+fs 8+u i+26 i+t j+1b h+3 w+k 6+i j5+1r 3l+22 6 1v+c 1t+1 2 t+4qf 9+yd 17+8 \
        6w8+3 2+6 2+1 2+82 g u+2 3 f+3 9+az 1s5+2y 6+c 4+8 8+9 4mf+2c 2+1y 2+1 3 3+1 3+3 2+b 2 2+6 2+1s 2+3 3+7 \
        2+6 2+r 2+3 2+4 2 4+6 2+9f 3+o 2+o 2+u 2+o 2+u 2+o 2+u 2+o 2+u 2+o 2+7 1f9+u 7+5 7a+1p 43+18 b+6 h 8y+t \
        j+17 dh+r l1+6 2+3 2+1 2+e 2+5g 1o+1v 8 xh+3 2+q 2+1 2 3 2+9 2+3 2 2 7 5 2 2 2+2 2+1 2 3 2 2 2 2 2+1 2 3+3 \
        2+6 2+3 2+3 2 2+9 2+g 6+2 2+4 2+g 3et+wyn x+37d 7+65 3+4g1 f+5rk 2e8+f1 15v+3t6 6+38f
        Lc:1t+p 7+p 1n b+m 2+u 2+5e 2+3 5+5r 2+q 5d+3 3+1 4+2 2 7 2+2 2 2+j 2+2a 2+3u 9+4l 2+11 a+14 26w+11 2 6 \
        3+16 3+2 ip+2d 3+5 1oj+8 8+16 3+2 1t+17 1s+c 2+x 2u+7p 3+5 3+11 3+5 3+7 2 2 2 2+u 3+1g 2+6 2 4+2 2+6 4+3 \
        3+5 5+c 6+2 2+6 7a 5 3+9 2 4+4 7 2 2 2+3 2+5 5 3+3 6+4 5 1h+1 22k+3f 3+2u 7+3 4+1 d+11 2 6 nwz+19 j+r \
        3r+25 2+m 4+3 2+1m 6+1 2 2+4 s+1 4 mu+16 6+8 8+27 fnl+6 d+4 sq+p 7+p x2+27 2p+z 5+z 39+a 2+e 2+6 2+1 2+a \
        2+e 2+6 2+1 1c4+1e e+1e 2b2+1r gv5+1r k1t+2c 2+1y 2+1 3 3+1 3+3 2+b 2 2+6 2+1s 2+3 3+7 2+6 2+r 2+3 2+4 2 \
        4+6 2+9f 3+o 2+o 2+u 2+o 2+u 2+o 2+u 2+o 2+u 2+o 2+7 1f9+9 2+j 7+5 1xy+1v
        Ll:2p+p 1n 16+n 2+7 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+1 2 2 2 2 2 2 2 2+1 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3 2 2+2 3 2 3 4+1 5 3 4+2 3 3 2 2 3 2+1 2 3 4 2 3+1 3+2 7 3 3 2 2 2 2 \
        2 2 2 2+1 2 2 2 2 2 2 2 2 2+1 3 2 4 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+6 3 3+1 2 5 \
        2 2 2 2+1w 2+q 5e 2 4 4+2 j s+y 2+1 4+2 2 2 2 2 2 2 2 2 2 2 2 2+4 2 3 3+1 1g+1b 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 a 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3 2 2 2 2 2 2+1 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 1d+14 288+16 3+2 l5+5 1oj+8 3c+17 1s+c \
        2+x 2v 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+8 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+8 9+5 b+7 9+7 9+5 b+7 9+7 9+d 3+7 9+7 9+7 9+4 2+1 7 4+2 2+1 9+3 \
        3+1 9+7 b+2 2+1 7n 4+1 4 s 5 5 3+1 9+3 5 1i 23w+1b 2 4+1 2 2 2 5 2+1 2+5 6 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+1 8 2 5 d+11 2 6 nx0 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 k 2 2 2 2 2 2 2 2 2 2 2 2 2 3s 2 2 2 2 2 2+2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2+7 2 2 3 2 2 2 2 5 2 3 2+2 2 2 2 2 2 2 2 2 2 2 6 6 2 2 2 2 2 2 2 5 2 7 2 2 2 2 t \
        4 mu+16 6+8 8+27 fnl+6 d+4 tm+p y6+13 3t+z 4c+a 2+e 2+6 2+1 1dw+1e 2by+v gw1+v k2j+p r+6 2+h r+p r+3 2 2+6 \
        2+a r+p r+p r+p r+p r+p r+p r+p r+p r+r t+o 2+5 r+o 2+5 r+o 2+5 r+o 2+5 r+o 2+5 2 1f9+9 2+j 7+5 1yw+x
        Lm:j4+h 5+b f+4 8 2 3q 6 db 6f 4l+1 7i+1 5 w a 4 4h 4o yd 3k fq 1cr 30 h0 cx+5 4v+1q e z+10 j6 e h+c 2cg+1 \
        6q 5c d2 18+4 6 2q+1 2m+2 lxz yr+5 7j 37 t+1 3e+8 29 o 2y+2 4+1 d2 n 3u 31 m+1 2w+3 a glj 1a+1 1k1+5 2+15 \
        2+8 jnq+3 uo+c 1t+1 2 cnh+3 2+6 2+1 9iq+1p 5m+6 q6 v4
        Lo:4q g 75 5+3 5t n0+q 5+3 1a+v 2+9 10+1 2+2q 2 p+1 b+2 3 h 2+t u+2g c p+w m+l 17+o 8+a 6+n 2+5 i+14 1o+1h \
        4 j 8+9 h+e 5+7 3+1 3+l 2+6 2 4+3 4 h e+1 2+2 f+1 b 9+5 5+1 3+l 2+6 2+1 2+1 2+1 w+3 2 k+2 h+8 2+2 2+l 2+6 \
        2+1 2+4 4 j g+1 o c+7 3+1 3+l 2+6 2+1 2+4 4 v+1 2+2 g i 2+5 4+2 2+3 4+1 2 2+1 4+1 4+2 4+b n 1h+7 2+2 2+m \
        2+f 4 r+2 3 3+1 v 5+7 2+2 2+m 2+9 2+4 4 w+1 2+1 g+1 i+8 2+2 2+14 3 h 6+2 9+2 p+5 6+h 4+n 2+8 2 3+6 1n+1b \
        2+1 d+5 1o+1 2 2+4 2+n 2 2+9 2+1 a 3+4 o+3 x 1s+7 2+z s+4 38+16 l h+5 5+3 4 4+1 8+2 5+c d 36+94 2+3 3+6 2 \
        2+3 3+14 2+3 3+w 2+3 3+6 2 2+3 3+e 2+1k 2+3 3+1u 12+f 36+h7 3+g 2+p 6+22 7+7 8+h e+i f+h f+c 2+2 g+1f 15 \
        1w+y 2+1g 8+4 3+x 2 6+1x b+u 1e+t 3+4 c+17 5+p 1j+m a+1g 4x+1a i+7 1j+t e+1 b+17 r+z 16+2 b+t 36+3 2+5 2+1 \
        4 u3+3 2d4+1j p+m a+6 2+6 2+6 2+6 2+6 2+6 2+6 2+6 fc 1i 5+2d 9 2+2h 5 6+16 2+2l i+v 1d+f e9+533 1t+g7o \
        2+vq 1w+13 9+7f 5+f b+1 1v 1e+1x 4q 2w 4+6 2+2 2+3 2+m u+1f f+1d 1r+5 4 2+1 c+r b+m q+s 8+1a 1a+4 3+8 b+4 \
        2+14 o+2 2+7 l+f 2+5 4 4+1d 2 4+1 3+4 3 2 p+1 4+a 8 f+5 3+5 3+5 a+6 2+6 42+y u+8mb d+m 5+1c 6it+a5 3+2x 1w \
        2+9 2+c 2+4 2 2+1 2+1 2+2z y+a2 j+1r 3+1h 15+b 39+4 2+3q 2y+9 2+18 3+u 4+5 3+5 3+5 3+2 10+b 2+p 2+i 2+1 \
        2+e 3+d z+3e au+s 4+1c 1c+v e+j 2+7 7+11 b+t 3+z 5+7 3l+25 2r+13 9+1f 4d+8m a+l b+7 49+5 3 2+17 2+1 4 3+m \
        b+m a+u 1u+i 2+1 b+l b+p 1z+1j 7+1 1t g+3 2+2 2+s 17+s 4+s 10+7 2+r s+1h b+l b+i e+h 33+20 54+z 9p+15 7+1 \
        27+s b 9+l 17+h 1b+k s+m d+1g 1m+1 3 e+18 x+o r+z u 3 9+y 4 d+1b f+3 m 2 10+h 2+o k+1 1s+6 2 2+3 2+e 2+9 \
        8+1a 13+7 3+1 3+l 2+6 2+1 2+4 4 j d+4 4f+1g j+3 l+2 v+1b l+1 2 55+1a 16+3 11+1b l 1o+16 e 20+q 12+6 56+17 \
        5w+7 3 3+7 2+1 2+n g 2 2n+7 3+12 h 2 t b+13 8 m c+19 k j+20 7c+8 2+10 i 1e+t 35+6 2+1 2+11 m q+5 2+1 2+v f \
        94+i g 2+c 2+x 3h 28+pl 6f+5f 219+2o g+tr i+5 33u+g6 6nu+fs 8+u i+26 i+t j+1b 1g+k 6+i oh+22 6 4w+4qf 9+yd \
        17+8 6wo+82 g u+2 3 f+3 9+az 1s5+2y 6+c 4+8 8+9 6sx dy+18 y 8y+t j+17 dh+q l2+6 2+3 2+1 2+e 2+5g 118+3 2+q \
        2+1 2 3 2+9 2+3 2 2 7 5 2 2 2+2 2+1 2 3 2 2 2 2 2+1 2 3+3 2+6 2+3 2+3 2 2+9 2+g 6+2 2+4 2+g 3et+wyn x+37d \
        7+65 3+4g1 f+5rk 2e8+f1 15v+3t6 6+38f
        Lt:cl 3 3 13 5ue+7 9+7 9+7 d g 1c
        Lu:1t+p 2u+m 2+6 y 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3 2 2 2 2 2 2 2 3 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+1 2 2 4+1 2 2+1 2+2 3+3 2+1 2+2 4+1 2+1 2 2 2+1 2 3 2+1 2+2 2 2+1 4 8 3 3 3 \
        2 2 2 2 2 2 2 3 2 2 2 2 2 2 2 2 3 3 2+2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 8+1 2+1 \
        3 2+3 2 2 2 2 82 2 4 9 7 2+2 2 2+1 2+g 2+8 10 3+2 4 2 2 2 2 2 2 2 2 2 2 2 6 3 2+1 3+1e 1d 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 a 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+1 2 2 2 2 2 2 3 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3+11 28a+11 2 6 k3+2d 1p7+16 \
        3+2 8x 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 a 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 a+7 9+5 b+7 9+7 9+5 c 2 2 2 9+7 21+3 d+3 d+3 d+4 c+3 7b 5 4+2 3+2 \
        3 4+4 7 2 2 2+3 3+3 b+1 6 1q 22l+1b 1d 2+2 3 2 2 2+3 2 3 9+2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 9 2 5 nym 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        k 2 2 2 2 2 2 2 2 2 2 2 2 2 3s 2 2 2 2 2 2 4 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 b \
        2 2+1 2 2 2 2 5 2 3 2 4 2 2 2 2 2 2 2 2 2 2+4 2+4 2 2 2 2 2 2 2 2+3 2 7 6 2 t h7w+p xy+13 3t+z 4d+a 2+e \
        2+6 2+1 1d7+1e 2cu+v gw1+v k2p+p r+p r+p r 2+1 3 3+1 3+3 2+7 r+p r+1 2+3 3+7 2+6 s+1 2+3 2+4 2 4+6 s+p r+p \
        r+p r+p r+p r+p v+o y+o y+o y+o y+o y 3ee+x
        M:lc+33 7o+6 7c+18 2 2+1 2+1 2 21+a 1d+k h 2u+6 3+5 3+1 2+3 10 v+q 2k+a 1n+8 a p+3 2+8 2+2 2+4 18+2 1p+7 \
        17+n 2+w 1j+2 2+h 2+6 b+1 u+2 1l 2+6 3+1 3+2 a b+1 r 3+2 1l 2+4 5+1 3+2 4 v+1 4 c+2 1l 2+7 2+2 2+2 l+1 n+5 \
        2+2 1l 2+6 3+1 3+2 8+2 b+1 v 1o+4 4+2 2+3 a 15+4 1k 2+6 2+2 2+3 8+1 c+1 u+2 1l 2+6 2+2 2+3 8+1 c+1 g d+3 \
        1k+1 2+6 2+2 2+3 a b+1 u+2 1z 5+5 2 2+7 j+1 1q 3+6 d+7 2r 3+8 c+6 22+1 s 2 2 5+1 1e+j 2+1 6+a 2+z a 2t+j \
        o+3 5+2 2+2 3+6 4+3 e+b 2 b+3 jk+2 qb+3 t+2 u+1 v+1 1t+v a 1a+2 2 3a+1 z 3b+b 5+b 64+4 1m+9 2+s 3 1d+u \
        1e+4 1c+g 13+8 d+2 v+c 1l+d 1d+j 49+2 2+k 5 7 3+2 5j+1r k1+w 2db+2 3y 2p+v ff+5 2y+1 n9x+3 2+9 x+1 29+1 7l \
        4 5 o+4 5 2c+1 1f+h r+h e 13+7 q+c 19+3 1c+d 11 1w+d d 9+1 1a+2 1f 2+2 3+1 6+1 2 16+4 6+1 6l+7 2+1 fn5 \
        ki+f h+f r2 6b 46+4 1af+2 2+1 6+3 15+2 5 4m+1 fy+3 as+1 29+2 1z+a 1e+3 3f+2 1i+e 16 3+1 b+3 1a+a 8 1q+2 \
        11+d h+1 19 d+2 1d+d 9+3 2+1 2l+b 7 3 4e+b m+3 1k+1 2+6 3+1 3+2 a b+1 3+6 4+4 5d+h o 2a+j 6k+6 3+8 s+1 \
        2b+g 2z+c 2u+e 75+e 6u+5 2+1 3+3 2 2+1 3y+6 3+6 4 t+9 15+6 2+3 9 a+a 1b+f ba+7 2+7 2b+l 2+d 3f+5 4 2+1 2+6 \
        2 1v+4 2+1 2+4 9o+3 a+1 2 1d+6 4+4 45a 7+e asb+4 1o+6 t5 2+1i 8+3 2a c+1 f58+1 3mq+19 3+m f3+4 4+5 9+7 3+6 \
        v+3 45+2 1j0+1i 5+1d 9 f n+4 2+e 11t+6 2+g 3+6 2+1 2+4 2t 4h+6 ag 1q+3 e5+3 rl+6 32+6 gzhy+6n
        Mc:1s3 1k 3+2 9+3 2+1 1f+1 1n+2 7+1 3+1 b 18 1n+2 1v 1n+2 9 2+1 1i+1 1n 2 7+1 3+1 b 2v+1 2+1 4+2 2+2 b \
        16+2 1q+3 1q+1 1n 2+4 3+1 2+1 a+1 t f+1 1n+2 6+2 2+2 b 17+1 24+2 7+7 j+1 97+1 1s 4s+1 5 7 3+1 q+1 b+2 3+6 \
        m+1 3+5 3 b+2 1a1 v 3m 8+7 2+1 9n+3 3+2 5+1 2+5 69+1 1n 2 a 2+1 9+5 42 1d 6 2+4 2+1 1q v 5+1 3 1p 3+2 2 \
        4+1 1d+7 9+1 4s m 3sn+1 np0+1 3 2h+1 1f+f 3z+1 1c 1d+1 5+1 3+2 33+1 3+1 p 1a 2 32 3+1 6 6m+1 2+1 2+1 2 jro \
        2 3k 1a+2 5+1 38 p+1 1o 1d+2 a+1 e 2m+2 4+1 2 4r+2 w+1 1n+1 2+3 3+1 3+2 a b+1 5u+2 9+1 4 2z+2 7 2+3 3 6m+2 \
        7+3 3 36+2 9+1 2 32 2+1 7 2y+1 5 7a+2 a 6w+5 2+1 5 3 2 3z+2 9+3 5 2d u+1 1r bc f 2z 8 3 5y+4 5+1 2 9r+1 d \
        1d+1 9+1 2 ftc+1i 2x+1 j90+1 7+5
        Me:w8+1 4dx 17j+3 2+2 qdo+2
        Mn:lc+33 7o+4 7e+18 2 2+1 2+1 2 21+a 1d+k h 2u+6 3+5 3+1 2+3 10 v+q 2k+a 1n+8 a p+3 2+8 2+2 2+4 18+2 1p+7 \
        17+n 2+v 1k 2 5+7 5 4+6 b+1 u 1n 5+3 9 l+1 r 3+1 1m 5+1 5+1 3+2 4 v+1 4 c+1 1m 5+4 2+1 5 l+1 n+5 2 1n 3 \
        2+3 9 8+1 c+1 v 1q d 1f 4 1k 2+2 6+2 2+3 8+1 c+1 u 1n 3 7 6+1 l+1 t+1 1m+1 5+3 9 l+1 u 21 8+2 2 2j 3+6 d+7 \
        2r 3+8 c+6 22+1 s 2 2 1k+d 2+4 2+1 6+a 2+z a 2v+3 2+5 2+1 3+1 q+1 5+2 h+3 e 3+1 7 g jk+2 qb+2 u+1 v+1 v+1 \
        1t+1 2+6 9 3+a a 1a+2 2 3a+1 z 3b+2 5+1 a 7+2 64+1 3 1n 2+6 2 2 3+7 7+9 3 1d+d 2+f 1e+3 1d 2+4 2 6 15+8 \
        d+1 x+3 3+1 2+2 1l 2+1 4 2+2 1n+7 3+1 49+2 2+c 2+6 5 7 4+1 5j+1r k1+c 5 4+b 2db+2 3y 2p+v ff+3 30+1 n9x \
        5+9 x+1 29+1 7l 4 5 q+1 6 48+1 r+h e 13+7 q+a 1b+2 1d 3+3 3+1 14 1w+5 3+1 3+1 d 9 1c 1g 2+2 3+1 6+1 2 17+1 \
        9 6n 3 5 fn5 ki+f h+f r2 6b 46+4 1af+2 2+1 6+3 15+2 5 4m+1 fy+3 as+1 29+2 1z+a 1e+3 3g 1j+e 16 3+1 b+2 \
        1e+3 3+1 8 1q+2 11+4 2+7 1r d+1 1h+8 b+3 3 2o+2 3 2+1 7 3 4e 4+7 m+1 1m+1 4 12+6 4+4 5g+7 3+2 2 o 2d+5 2 \
        5+1 2+1 6n+3 7+1 2+1 s+1 2e+7 3 2+1 2z 2 3+5 2 2u+2 3+3 2+4 78+8 2+1 75+1 2 5 41+3 3+1 5 x+9 15+5 3+3 9 \
        a+5 3+2 1b+c 2+1 bb+6 2+5 2 2b+l 3+6 2+1 2+1 3f+5 4 2+1 2+6 2 21+1 4 2 9o+1 c+1 1h+4 6 2 45a 7+e asb+4 \
        1o+6 t5 1s+3 2a f5l+1 3mq+19 3+m f5+2 i+7 3+6 v+3 45+2 1j0+1i 5+1d 9 f n+4 2+e 11t+6 2+g 3+6 2+1 2+4 2t \
        4h+6 ag 1q+3 e5+3 rl+6 32+6 gzhy+6n
        N:1c+9 3d+1 6 3+2 142+9 3r+9 5j+9 bh+9 3b+9 5+5 31+9 3b+9 3b+9 3+5 33+c 38+9 9+6 2w+9 2x+6 8+i 32+9 2p+9 \
        3b+9 1z+j 7h+9 1z+9 k0+j oi+2 6o+9 7+9 n+9 8d+9 3l+a 4m+9 7+9 53+9 2f+9 3r+9 7+9 t3 4+5 7+9 5j+1e 3+4 \
        k7+1n 27+l hj+t 12i lm q+8 f+2 9k+3 3v+9 v+7 2+e x+9 14+e msh+9 59+9 8x+5 4b+9 13+9 5j+9 n+9 2f+9 bb+9 \
        gev+9 dq+18 d+1k i+1 9i+q 11+3 u 9 3r+4 5n+9 q7+7 q+6 14+8 24+4 n+5 4h+1 3+f 3+19 1t+8 1h+1 v+2 24+4 2x+7 \
        p+7 16+6 97+5 1d+9 87+u 4f+9 17+3 35+6 3r+t 3l+9 1p+9 41+9 8+j 70+9 9j+9 3b+9 af+9 2v+9 2v+b bp+i 2m+9 \
        l3+s 6c+9 1z+9 br+9 2v+k to+32 dte+9 2f+9 3r+9 2+6 m7+m jsa+j d+j 31+o uu+1d 1tt+9 br+9 dz+9 r2+8 3l+9 \
        m0+1m 2+2 2+3 25+18 2+e qr+c 25g+9
        Nd:1c+9 17r+9 3r+9 5j+9 bh+9 3b+9 3b+9 3b+9 3b+9 3b+9 3b+9 3b+9 3b+9 3b+9 2p+9 3b+9 1z+9 7r+9 1z+9 1fr+9 \
        13+9 8d+9 3l+9 4n+9 7+9 53+9 2f+9 3r+9 7+9 r7r+9 iv+9 13+9 5j+9 n+9 2f+9 bb+9 gev+9 13b+9 1on+9 ml+9 3l+9 \
        1p+9 41+9 7r+9 9j+9 3b+9 af+9 2v+9 2v+9 br+9 2v+9 l3+9 6v+9 1z+9 br+9 etj+9 2f+9 3r+9 lf9+1d 1tt+9 br+9 \
        dz+9 uv+9 3o7+9
        Nl:4j2+2 228+y 3+3 2v3 q+8 f+2 nfw+9 hu9+1g ct 9 3r+4 6cr+32
        No:4y+1 6 3+2 1ti+5 ah+5 3d+2 3q+6 62+6 i+8 c2+9 ty+j vo+9 dd 1au 4+5 7+9 5j+f 16 k7+1n 27+l hj+t 12i wl+3 \
        3v+9 v+7 2+e x+9 14+e n75+5 hjm+18 1u+3 i+1 9i+q 11+3 111+7 q+6 14+8 24+4 n+5 4h+1 3+f 3+19 1t+8 1h+1 v+2 \
        24+4 2x+7 p+7 16+6 97+5 9t+u 4f+9 17+3 35+6 3r+j ak+j 11i+1 bz+8 o8+i no+k ex3+6 m7+m jsa+j d+j 31+o 47j+8 \
        pu+1m 2+2 2+3 25+18 2+e qr+c
        P:x+2 2+5 2+3 b+1 4+1 r+2 2 s 2 10 6 4 b+1 4 4 jj 9 cz+5 16+1 1g 2 3 3 19+1 l+1 2+1 e 2+2 23+3 2v 18+d \
        6i+2 1j+e w 7a+1 b 3x 3d 3e av d a8 2j b+1 4p+e 2 12+3 20 23+4 5+1 34+5 4s h1+8 48 ha 19+1 27+2 20+1 4e+2 \
        2+2 12+a 8q+1 61+1 3l+6 2+5 4t+6 t+1 3i+3 1o+4 1r+1 1t+7 c n1+n 9+j 2+c 2+b v+1 f+1 hm+3 u+1 u6+d 28+1 w+9 \
        b8+l 1s+3 x+1 l8+3 2+1 35 40+1a 2+v 3+b bo+2 5+9 3+b h d 2r 2j mwz+1 7i+2 2s b 38+5 al+3 2f+1 15+2 2 1e+1 \
        1c 2q+c h+1 3h+3 3j+1 h+1 6y g2b+1 5t+9 n+y 2+d 2 5 2+1 46+2 2+5 2+3 b+1 4+1 r+2 2 s 2 2+6 bf+2 il 1d bj \
        ko 5k w 7l+8 13 35+6 1v+6 2i+3 lt 4o+4 19+3 5a+6 32+1 2+3 3j+3 1d+1 28+3 5 e 2+2 2h+5 30 bm+4 b+1 2 2x \
        6z+m 2y+2 t+c 25 3n+2 71 7d+2 4c 2l+7 2c+2 2+4 2m+9 8o+4 17+1 hy+1 23+c 4w vl+4 29p+1 bjw+1 3q 1u+4 9 nn+3 \
        94 f5p 5wo+4 2xf+1
        Pc:2n 6ao+1 k 17tr+1 p+2 6o
        Pd:19 125 1g 2te sm 1l6+5 2rm 3 w+1 5 t cf k 34 14lt+1 12 b 4q 334
        Pe:15 1g w 2wu 2 1gf 1wq 1k g hn 2 v u7 2 2 2 2 2 2 29 x 2 2 2 2 b9 2 2 2 2 2 2 2 2 2 2 1t 2 y ti 2 2 2 19 \
        2 2 2 bx 2 2 2 2 4 2 2 2 3+1 14in 62 u 2 2 2 2 2 2 2 4 i 2 2 4r 1g w 3 3
        Pf:57 672 4 t 2q1 2 5 3 g 4
        Pi:4r 67h 3+1 3 q 2q1 2 5 3 g 4
        Po:x+2 2+2 3 2 2+1 b+1 4+1 s 1x 6 f+1 8 jj 9 cz+5 16 1j 3 3 19+1 l+1 2+1 e 2+2 23+3 2v 18+d 6i+2 1j+e w \
        7a+1 b 3x 3d 3e av d a8 2j b+1 4p+e 2 35 23+4 5+1 34+5 4s h1+8 li 3h+2 20+1 4e+2 2+2 12+5 2+3 8q+1 61+1 \
        3l+6 2+5 4t+6 t+1 3i+3 1o+4 1r+1 1t+7 c n7+1 9+7 9+8 3+3 3+2 4+a 2 2+9 2hn+3 2+1 35 40+1 5+2 3 3+8 2+1 2 \
        3+1 b+4 2+9 3+3 2 2+c 3+2 bx+2 1m 5a mwz+1 7i+2 2s b 38+5 al+3 2f+1 15+2 2 1e+1 1c 2q+c h+1 3h+3 3j+1 h+1 \
        6y g85+6 3 n l+1 3+3 4+2 2+3 8+2 7 2+1 46+2 2+2 3 2 2+1 b+1 4+1 s 11 3+1 bf+2 il 1d bj ko 5k w 7l+8 13 \
        35+6 1v+6 2i+3 qh+4 19+3 5a+6 32+1 2+3 3j+3 1d+1 28+3 5 e 2+2 2h+5 30 bm+4 b+1 2 2x 6z+m 2y+2 t+c 25 3n+2 \
        71 7d+2 4c 2l+7 2c+2 2+4 2m+9 8o+4 17+1 hy+1 23+c 4w vl+4 29p+1 bjw+1 3q 1u+4 9 nn+3 94 f5p 5wo+4 2xf+1
        Ps:14 1f w 2wv 2 1gf 1vj 4 13 1k g hn 2 v u7 2 2 2 2 2 2 29 x 2 2 2 2 b9 2 2 2 2 2 2 2 2 2 2 1t 2 y ti 2 2 \
        2 q j 2 2 2 bx 2 2 2 2 4 2 2 2 3 14iq 60 u 2 2 2 2 2 2 2 4 i 2 2 4r 1f w 4 3
        S:10 7 h+2 w 2 s 2 10+4 2+1 3 2+3 3 4 v w cr+3 d+d 6+6 2 2+g 3a f+1 35 3w 7f+2 3b+2 3 3+1 5r b k+1 6w 8+1 \
        3t a2+1 7+1 6u 3j 3n+7 3p 5s 16 5i 5e+2 g 2+2 3+5 l 2 2 3q+7 2+5 2+1 6+3 5i+1 kx+9 k4 a6 9x 4e+x 9u+9 a+8 \
        u9 2+2 c+2 e+2 e+2 e+1 1y e 14+2 e+2 k+w 1s+1 2+3 2+1 b 2+2 6+5 2 2 2 5 c+1 5+4 6+3 2 1n+1 5+af 5+s 3+6z \
        q+a 2a+25 n+h3 19+1c 3+u b+b6 n+1q 5+v 3+ad 3+v 2+2w 6e+5 9y+1 1b+p 2+2g d+5x r+b 9 e+1 d m+1 7+1 2k+1 \
        6s+1 5+9 x+z t+u c+t 9 g+v b+12 g+8v 535+1r h3l+1i fu+m a+1 2w+1 4e+3 b+3 fy+2 6a f+1 fr2 3t+g am+f 3k \
        19+3 2r 2+2 3 4b 7 h+2 w 2 s 2 3m+6 2+6 e+1 8q+8 1m+g 3+2 2+c 4 1c+18 1a3+1 gg 2gn 1p2+s evf+3 6 g2f \
        3p0+37 1p+6t b+12 3+1n 6+2 n+1 8+t 5+1o m+1t 4 57+2e ob q w q w q w q w q 1p+e7 1k+3 1f+7 2+d 2+1 1c9 c0 \
        1wt 4 3i ci+1 7j+17 5+2r d+e 3+e 2+e 2+10 o+4g 1l+s e+17 5+8 8+1 f+5 4b+rb 5+g 4+c 4+3a 5+2m 7+b 5 g+b \
        5+1j 9+9 7+13 9+t 3+1 27+9f d+d 3+c 4+8 8+19 2+6 9+d 5+8 8+8 8+42 2+1i
        Sc:10 3i+3 yy 3g dv+1 dv+1 8 6u 7c g6 1wc 1qd+w qrc gxw 31 4b 64+1 4+1 6bb+3 12jj 1wx
        Sk:2m 2 20 7 5 4 ei+3 d+d 6+6 2 2+g 3a f+1 zn 4l1 2+2 c+2 e+2 e+2 e+1 3a5+1 ndw+m a+1 2w+1 r5 f+1 fuv+g os \
        2 4j 1c7s+4
        Sm:17 h+2 1q 2 1a 5 12 w lb eo+2 56k e 14+2 e+2 3w 14+4 7 1x+4 6+1 5 3 3 8 w+1 3 2 w+7f x+1 2j v+o 15+5 d2 \
        a 1j+7 34 9d+4 3+u b+f 75+3m n+1q 5+v 3+75 1d+k 3+5 1525 mx 2+2 4l h+2 1q 2 3o 7+3 16fp q w q w q w q w q \
        4kt+1
        So:4m 3 5 2 r6 7f+1 3k+1 5r b k+1 6w ec ae 3n+5 2 3p 5s 16 aw+2 g 2+2 3+5 l 2 2 3q+7 2+5 2+1 6+3 5i+1 kx+9 \
        k4 k3 4e+x 9u+9 a+8 138+1 2+3 2+1 b 2+1 7+5 2 2 2 5 c+1 f 2+1 2 1n+1 a+4 3+3 2+1 2+1 2+6 2+u 3+1 2 2+u \
        7h+7 5+j 3+6 3+28 2+t q+13 7+1w q+a 2a+25 n+52 2+8 2+1h 9+32 2+6v 19+17 1t+73 e9+1b m+1 7+12 3+v 2+2w 6e+5 \
        9y+1 1b+p 2+2g d+5x r+b 9 e+1 d m+1 7+1 9d+1 5+9 x+z t+u c+t 9 g+v b+12 g+8v 535+1r h3l+1i o2+3 b+1 2 fy+2 \
        gcn+f 3k 1a+2 dh 4 5+1 e+1 8q+8 1m+g 3+2 2+c 4 1c+18 1a3+1 gg 2gn 1p2+7 5+g evf+3 6 g2f 3p0+37 1p+6t b+12 \
        3+1n 6+2 n+1 8+t 5+1o m+1t 4 57+2e x6+e7 1k+3 1f+7 2+d 2+1 1c9 28t 3m k2+17 5+2r d+e 3+e 2+e 2+10 o+4g \
        1l+s e+17 5+8 8+1 f+5 4b+6y 6+k7 5+g 4+c 4+3a 5+2m 7+b 5 g+b 5+1j 9+9 7+13 9+t 3+1 27+9f d+d 3+c 4+8 8+19 \
        2+6 9+d 5+8 8+8 8+42 2+1i
        Z:w 3k 4bk 1vk+a u+1 6 1c 335
        Zl:6co
        Zp:6cp
        Zs:w 3k 4bk 1vk+a 11 1c 335
        """

    static let scripts = """
        Adlam:2olc+23 5+9 5+1
        Ahom:1j40+q 3+e 5+m
        Anatolianhieroglyphs:1s00+g6
        Arabic:16o+4 2+5 2+d 2+2 2+v 2+9 c+p 2+2z 2+x 29+1b 6p+u 2+1 7+21 2+s 1bv5+36 h+a2 3+27 3+1h 8 x+f 35+4 \
        2+3q 31g+u 3j+2 181t+3 2+q 2+1 2 3 2+9 2+3 2 2 7 5 2 2 2+2 2+1 2 3 2 2 2 2 2+1 2 3+3 2+6 2+3 2+3 2 2+9 2+g \
        6+2 2+4 2+g 1h+1
        Armenian:10x+11 3+1d 3+2 1chw+4
        Avestan:1gqo+1h 4+6
        Balinese:5c0+24 4+1a
        Bamum:www+2f 124p+fs
        Bassavah:1zo0+t 3+5
        Batak:5hc+1f 9+3
        Bengali:1vk+3 2+7 3+1 3+l 2+6 2 4+3 3+8 3+1 3+3 9 5+1 2+4 3+o
        Bhaiksuki:1k3k+8 2+18 2+d b+s
        Bopomofo:kq+1 93u+16 35+v
        Brahmi:1hq8+25 5+z a
        Braille:7wg+73
        Buginese:54w+r 3+1
        Buhid:4lc+j
        Canadianaboriginal:3y8+hr fl+1x 1ewr+f
        Carian:1f34+1c
        Caucasianalbanian:1flc+1f c
        Chakma:1hxc+1g 2+h
        Cham:xkw+1i a+d 3+9 3+3
        Cherokee:3vk+2d 3+5 twz+27
        Chorasmian:1ho0+r
        Common:0+1s r+5 r+1a 2+e 2+4 o w ci+12 6+4 3+j 39 a 7 2 hq 7 f 4 x 4d ed 3m+1 yi ba+3 83 168+2 20+1 5o+1 2 \
        y6 e 8+3 2+5 2+2 3 li+b 3+2e 2+a 4+a 2+e i+w 1s+11 2+2 3+5 2+q 2+g 16+2 5+ie q+a m+pr 75+hf 3+v 2+2w e9+2l \
        b7+b 5+4 2 2+o g+7 5+3 2k+1 4 2j+1 44+f x+z 1p+1r w+28 1c 2h+4n 535+1r hkx+x 2v+2 4m+9 6t 4h b0 f+1 g5v+1 \
        5t+9 n+y 2+i 2+3 44 2+v r+5 r+a b 1a+1 1t+6 2+6 b+4 77+2 5+18 4+8 29+c 1g+18 6d+q 10o5+3 3ot+37 1p+6t b+12 \
        3+1p 4+g 9+1 8+t 5+1o 5y+j d+j d+2e a+o 3s+2c 2+1y 2+1 3 3+1 3+3 2+b 2 2+6 2+1s 2+3 3+7 2+6 2+r 2+3 2+4 2 \
        4+6 2+9f 3+83 3+1d 41e+1v 25+1o jn+17 5+2r d+e 3+e 2+e 2+10 b+4t 1l+p 2+1 e+17 5+8 8+1 f+5 4b+rb 5+g 4+c \
        4+3a 5+2m 7+b 5 g+b 5+1j 9+9 7+13 9+t 3+1 27+9f d+d 3+c 4+8 8+19 2+6 9+d 5+8 8+8 8+42 2+1i 12+9 gvm0 v+2n
        Coptic:rm+d 80h+37 6+6
        Cuneiform:1kw0+pl 2v+32 2+4 c+5f
        Cypriot:1g5c+5 3 2+17 2+1 4 3
        Cyprominoan:1nyo+2q
        Cyrillic:sg+3o 3+4o 4lt+8 4j 25 38o+v nr5+2n han+1 18n5+1p y
        Deseret:1fcw+27
        Devanagari:1s0+28 5+e 3+p vhd+v mip+9
        Divesakuru:1ji8+6 3 3+7 2+1 2+t 2+1 3+b a+9
        Dogra:1jb4+1n
        Duployan:2fpc+2y 6+c 4+8 8+9 3+3
        Egyptianhieroglyphs:1o1s+ut
        Elbasan:1fk0+13
        Elymaic:1hpc+m
        Ethiopic:3k0+20 2+3 3+6 2 2+3 3+14 2+3 3+w 2+3 3+6 2 2+3 3+e 2+1k 2+3 3+1u 3+v 4+p 547+m a+6 2+6 2+6 2+6 \
        2+6 2+6 2+6 2+6 opv+5 3+5 3+5 a+6 2+6 1qk2+6 2+3 2+1 2+e
        Georgian:3a8+11 2 6 3+16 2+3 2a9+16 3+2 37l+11 2 6
        Glagolitic:8ow+2n 2e1t+6 2+g 3+6 2+1 2+4
        Gothic:1f74+q
        Grantha:1ibk+3 2+7 3+1 3+l 2+6 2+1 2+4 3+8 3+1 3+2 3 7 6+6 3+6 4+4
        Greek:og+3 2+2 3+3 2 5 2 2+2 2 2+j 2+1q f+f 4yv+4 1f+4 5+4 2d 8x+l 3+5 3+11 3+5 3+7 2 2 2 2+u 3+1g 2+e 2+d \
        3+5 2+i 3+2 2+8 88 rb3 gyj+26 i 155s+1x
        Gujarati:22p+2 2+8 2+2 2+l 2+6 2+1 2+4 3+9 2+2 2+2 3 g+3 3+b 8+6
        Gunjalagondi:1kdc+5 2+1 2+10 2+1 2+5 8+9
        Gurmukhi:1z5+2 2+5 5+1 3+l 2+6 2+1 2+1 2+1 3 2+4 5+1 3+2 4 8+3 2 8+g
        Han:96o+p 2+2g d+5x 1c 2 q+8 f+3 qt+533 1t+g73 hkx+a5 3+2x n49+1 d+1 sgf+wyn x+37d 7+65 3+4g1 f+5rk 2e8+f1 \
        15v+3t6 6+38f
        Hangul:3cw+73 5yn+1 76+2l 36+u 1u+u nhe+s hw+8mb d+m 5+1c 7tx+u 4+5 3+5 3+5 3+2
        Hanifirohingya:1h4w+13 9+9
        Hanunoo:4kg+k
        Hatran:1gbk+i 2+1 6+4
        Hebrew:13l+1i 9+q 5+5 1cfd+p 2+4 2 2+1 2+1 2+9
        Hiragana:9j5+2d 7+2 23qa+7y j u+2 cry
        Imperialaramaic:1g74+l 2+8
        Inherited:lc+33 7q+1 cl+a r kh+3 3fg+u ea+2 2+c 2+6 5 7 4+1 5j+1r el+1 5f+w 30a+3 30+1 14km+f h+d r4 6b \
        38b 1139+19 3+m f5+2 i+7 3+6 v+3 h45v+6n
        Inscriptionalpahlavi:1gtc+i 6+7
        Inscriptionalparthian:1gsg+l 3+7
        Javanese:xhc+25 3+9 5+1
        Kaithi:1hts+1u b
        Kannada:2gw+c 2+2 2+m 2+9 2+4 3+8 2+2 2+3 8+1 7+1 2+3 3+9 2+2
        Katakana:9lt+2h 3+2 6p+f 5t+1a 2+2f 14b3+9 2+18 ytv+3 2+6 2+1 2 80+2 1f f+3
        Kawi:1kow+g 2+14 4+r
        Kayahli:xds+19 2
        Kharoshthi:1gjk+3 2+1 6+7 2+2 2+s 3+2 5+9 8+8
        Khitansmallscript:20o4 5cs+d1
        Khmer:4n4+2l 3+9 7+9 dj+v
        Khojki:1i4g+h 2+1a
        Khudawadi:1i9c+1m 6+9
        Lao:2v5+1 2 2+4 2+n 2 2+m 3+4 2 2+6 2+9 3+3
        Latin:1t+p 7+p 1c g 6+m 2+u 2+cg 14+4 55o+11 7+1c 6+3 6+c 2+1x 1u+73 aa e h+c 3y+1 7 s i+14 254+v o83+2t \
        4+1r 6+1 2 2+4 p+d mp+16 2+8 2+3 fpz+6 t7+p 7+p 1ly+5 2+15 2+8 16iu+u 7+5
        Lepcha:5j4+1j 4+e 4+2
        Limbu:4xs+u 2+b 5+b 5 4+b
        Lineara:1fr4+8m a+l b+7
        Linearb:1ekg+b 2+p 2+i 2+1 2+e 3+d z+3e
        Lisu:wk0+1b o8h
        Lycian:1f28+s
        Lydian:1gdc+p 6
        Mahajani:1hzk+12
        Makasar:1ko0+o
        Malayalam:2kg+c 2+2 2+1e 2+2 2+5 5+f 3+p
        Mandaic:1mo+r 3
        Manichaean:1gow+12 5+b
        Marchen:1k6o+v 3+l 2+d
        Masaramgondi:1kao+6 2+1 2+17 4 2+1 2+8 9+9
        Medefaidrin:20cg+2i
        Meeteimayek:xr4+m 5m+19 3+9
        Mendekikakui:2oe8+5g 3+f
        Meroiticcursive:1ggw+n 5+j 3+19
        Meroitichieroglyphs:1gg0+v
        Miao:20hs+22 5+1k 8+g
        Modi:1iww+1w c+9
        Mongolian:4qo+1 3 2+j 7+2g 8+16 1e46+c
        Mro:1zk0+u 2+9 5+1
        Multani:1i80+6 2 2+3 2+e 2+a
        Myanmar:35s+4f u9t+u 2q+v
        Nabataean:1g8w+u 9+8
        Nagmundari:2nrk+15
        Nandinagari:1jmo+7 3+19 3+a
        Newtailue:51c+17 5+p 7+a 4+1
        Newa:1iio+2j 2+4
        Nko:1j4+1m 3+2
        Nushu:20o1 cy7+az
        Nyiakengpuachuehmong:2n0g+18 4+d 3+9 5+1
        Ogham:4g0+s
        Olchiki:5lc+1b
        Oldhungarian:1h1c+1e e+1e 8+5
        Olditalic:1f5s+z a+2
        Oldnortharabian:1gn4+v
        Oldpermic:1f80+16
        Oldpersian:1fa8+z 5+d
        Oldsogdian:1hj4+13
        Oldsoutharabian:1gm8+v
        Oldturkic:1gxs+20
        Olduyghur:1hm8+p
        Oriya:269+2 2+7 3+1 3+l 2+6 2+1 2+4 3+8 3+1 3+2 8+2 5+1 2+4 3+h
        Osage:1fhs+z 5+z
        Osmanya:1fgg+t 3+9
        Pahawhhmong:1zpc+1x b+9 2+6 2+k 6+i
        Palmyrene:1g80+v
        Paucinhau:1juo+1k
        Phagspa:x8g+1j
        Phoenician:1gcg+r 4
        Psalterpahlavi:1gu8+h 8+3 d+6
        Rejang:xf4+z c
        Runic:4gw+22 4+a
        Samaritan:1kw+19 3+e
        Saurashtra:xa8+1x 9+b
        Sharada:1i0w+2n
        Shavian:1ff4+1b
        Siddham:1itc+1h 3+11
        Signwriting:2l8g+i3 g+4 2+e
        Sinhala:2o1+2 2+h 4+n 2+8 2 3+6 4 5+5 2 2+7 7+9 3+2 1fcd+j
        Sogdian:1hkg+15
        Sorasompeng:1hw0+o 8+9
        Soyombo:1jrk+2a
        Sundanese:5fk+1r 75+7
        Sylotinagri:x6o+18
        Syriac:1ds+d 2+1n 3+2 7l+a
        Tagalog:4jk+l a
        Tagbanwa:4m8+c 2+2 2+1
        Taile:500+t 3+4
        Taitham:55s+1q 2+s 3+a 7+9 7+d
        Taiviet:xog+1u p+4
        Takri:1j0g+1l 7+9
        Tamil:29u+1 2+5 4+2 2+3 4+1 2 2+1 4+1 4+2 4+b 5+4 4+2 2+3 3 7 f+k 1ih2+1d e
        Tangsa:1zlc+26 2+9
        Tangut:20o0 w+4qf 9+lb e9+8
        Telugu:2dc+c 2+2 2+m 2+f 3+8 2+2 2+3 8+1 2+2 3 3+3 3+9 8+8
        Thaana:1hc+1d
        Thai:2rl+1l 6+r
        Tibetan:2yo+1z 2+z 5+12 2+z 2+e 2+6 5+1
        Tifinagh:8xc+1j 8+1 f
        Tirhuta:1im8+1z 9+9
        Toto:2nbk+u
        Ugaritic:1f9c+t 2
        Vai:wlc+8b
        Vithkuqi:1fn4+a 2+e 2+6 2+1 2+a 2+e 2+6 2+1
        Wancho:2ncw+1l 6
        Warangciti:1jfk+2a d
        Yezidi:1hfk+15 2+2 3+1
        Yi:vls+wc 4+1i
        Zanabazarsquare:1jpc+1z
        """

    static let foldCategories = """
        L:n9
        Ll:1t+p 2u+m 2+6 y 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 4 2 2 3 2 2 2 2 2 2 2 3 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2+1 2 2 4+1 2 2+1 2+2 3+3 2+1 2+2 4+1 2+1 2 2 2+1 2 3 2+1 2+2 2 2+1 4 8+1 2+1 \
        2+1 2 2 2 2 2 2 2 2 3 2 2 2 2 2 2 2 2 3+1 2 2+2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        8+1 2+1 3 2+3 2 2 2 2 6v 17 2 4 9 7 2+2 2 2+1 2+g 2+8 10 9 2 2 2 2 2 2 2 2 2 2 2 6 3 2+1 3+1e 1d 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 a 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+1 2 2 2 2 2 2 3 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3+11 28a+11 2 6 k3+2d \
        1p7+16 3+2 8x 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 a 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 a+7 9+5 b+7 9+7 9+5 c 2 2 2 9+7 p+7 9+7 9+7 9+4 c+4 c+3 \
        d+4 c+4 8a 4+1 7 29 22l+1b 1d 2+2 3 2 2 2+3 2 3 9+2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 9 2 5 nym 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 k 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 3s 2 2 2 2 2 2 4 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 b 2 2+1 2 \
        2 2 2 5 2 3 2 4 2 2 2 2 2 2 2 2 2 2+4 2+4 2 2 2 2 2 2 2 2+3 2 7 6 2 t h7w+p xy+13 3t+z 4d+a 2+e 2+6 2+1 \
        1d7+1e 2cu+v gw1+v o81+x
        Lt:ck 2+1 2+1 2 11 2 5u5+7 9+7 9+7 c g 1c
        Lu:2p+p 1n 16+n 2+7 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 4 2 2 3 2 2 2 2 2 2 2 3 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3 2 2+2 3 2 3 4 6 3 4+1 4 3 2 2 3 5 3 4 2 3 4 2 6+1 2+1 2+1 2 2 2 2 2 2 2 \
        2+1 2 2 2 2 2 2 2 2 2 3+1 2 4 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 4 2 2 2 2 2 2 2 2 9 3+1 2 5 2 2 2 2+5 \
        2+1 2 2+1 4+1 2 2+1 2+4 3 2+1 3 8 3 2+1 4+5 6 b+1 4n 18 2 4 4+2 1b+3 2+t 2+1 4+2 2 2 2 2 2 2 2 2 2 2 2 2+4 \
        2 3 3 1h+1b 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 a 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3 2 2 \
        2 2 2 2+1 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        1e+11 28a+16 3+2 l5+5 1oj+8 6p 4 h 37 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 6 6 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2+8 9+5 b+7 9+7 9+5 c 2 2 2 9+7 9+d \
        1f+1 d i+1 f+1 4 a1 1i 23w+1b 2 4+1 2 2 2 7 3 b 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 9 2 5 d+11 2 6 nx0 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 k 2 \
        2 2 2 2 2 2 2 2 2 2 2 2 3s 2 2 2 2 2 2 4 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 b 2 3 \
        2 2 2 2 5 5 2+1 3 2 2 2 2 2 2 2 2 2 c 2 2 2 2 2 2 2 5 2 7 6 2 t nx t+27 ghu+p y6+13 3t+z 4c+a 2+e 2+6 2+1 \
        1dw+1e 2by+v gw1+v o83+x
        M:pl w 5j9
        Mn:pl w 5j9
        """

    static let foldScripts = """
        Common:po w
        Greek:51 i8
        Inherited:pl w 5j9
        """

    /// `alias:name` of general categories (PropertyValueAliases.txt).
    static let categoryAliases = """
        Casedletter:Lc
        Closepunctuation:Pe
        Combiningmark:M
        Connectorpunctuation:Pc
        Control:Cc
        Currencysymbol:Sc
        Dashpunctuation:Pd
        Decimalnumber:Nd
        Enclosingmark:Me
        Finalpunctuation:Pf
        Format:Cf
        Initialpunctuation:Pi
        Letter:L
        Letternumber:Nl
        Lineseparator:Zl
        Lowercaseletter:Ll
        Mark:M
        Mathsymbol:Sm
        Modifierletter:Lm
        Modifiersymbol:Sk
        Nonspacingmark:Mn
        Number:N
        Openpunctuation:Ps
        Other:C
        Otherletter:Lo
        Othernumber:No
        Otherpunctuation:Po
        Othersymbol:So
        Paragraphseparator:Zp
        Privateuse:Co
        Punctuation:P
        Separator:Z
        Spaceseparator:Zs
        Spacingmark:Mc
        Surrogate:Cs
        Symbol:S
        Titlecaseletter:Lt
        Unassigned:Cn
        Uppercaseletter:Lu
        Cntrl:Cc
        Digit:Nd
        Punct:P
        """

    /// For each scalar with another of its case: distance from the last such scalar, and the
    /// signed distance to the next in its orbit (Go's unicode.SimpleFold).
    static let simpleFold = """
        1t,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w \
        7,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,6gv 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,7g 1,-w 1,-w \
        1,-w 1,-w 1,-w 1,-w 1,-w 1n,kn b,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w \
        1,w 1,w 1,w 1,w 2,w 1,w 1,w 1,w 1,w 1,w 1,w 1,5vj 1,-w 1,-w 1,-w 1,-w 1,-w 1,6di 1,-w 1,-w 1,-w 1,-w 1,-w \
        1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 2,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,3d 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 3,1 1,-1 1,1 1,-1 1,1 1,-1 2,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        2,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,-3d 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,-8c 1,5f 1,5u 1,1 1,-1 1,1 1,-1 1,5q 1,1 1,-1 1,5p 1,5p 1,1 1,-1 2,27 \
        1,5m 1,5n 1,1 1,-1 1,5p 1,5r 1,2p 1,5v 1,5t 1,1 1,-1 1,4j 2,5v 1,5x 1,3m 1,5y 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,62 1,1 1,-1 1,62 3,1 1,-1 1,62 1,1 1,-1 1,61 1,61 1,1 1,-1 1,1 1,-1 1,63 1,1 1,-1 3,1 1,-1 2,1k 5,1 1,1 \
        1,-2 1,1 1,1 1,-2 1,1 1,1 1,-2 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,-27 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 2,1 1,1 1,-2 1,1 \
        1,-1 1,-2p 1,-1k 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,-3m 2,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 7,8bv 1,1 1,-1 1,-4j 1,8bs 1,8cf \
        1,8cf 1,1 1,-1 1,-5f 1,1x 1,1z 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,8bj 1,8bg 1,8bi 1,-5u 1,-5q \
        2,-5p 1,-5p 2,-5m 2,-5n 1,wnj 4,-5p 1,wnf 2,-5r 2,wmg 1,wn8 2,-5t 1,-5v 1,wn8 1,8af 1,wn5 3,-5v 2,8al \
        1,-5x 3,-5y 8,89z 3,-62 2,wn7 1,-62 4,wmi 1,-62 1,-1x 1,-61 1,-61 1,-1z 6,-63 b,wlx 1,wlu 4n,2c 17,1 1,-1 \
        1,1 1,-1 3,1 1,-1 4,3m 1,3m 1,3m 2,38 7,12 2,11 1,11 1,11 2,1s 2,1r 1,1r 2,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w \
        1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 2,v 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,-12 1,-11 1,-11 1,-11 2,-w 1,u \
        1,-w 1,-w 1,1s 1,-w 1,-w 1,p 1,5j9 1,1i 1,-w 1,-lj 1,-w 1,-w 1,-w 1,m 1,1c 1,1 1,-w 1,-w 1,-w 1,f 1,-w \
        1,-w 1,5st 1,-w 1,-w 1,-1s 1,-1r 1,-1r 1,8 1,-1q 1,z 4,-1b 1,-1i 1,-8 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,-2e 1,-28 1,7 1,-38 1,-2k 1,-2o \
        2,1 1,-1 1,-7 1,1 1,-1 2,-3m 1,-3m 1,-3m 1,28 1,28 1,28 1,28 1,28 1,28 1,28 1,28 1,28 1,28 1,28 1,28 1,28 \
        1,28 1,28 1,28 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w \
        1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,-w 1,-w 1,4su 1,-w 1,4st 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w \
        1,-w 1,4sk 1,-w 1,-w 1,4si 1,4si 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,4sc 1,-w 1,-w 1,-w 1,-w 1,-w 1,-28 \
        1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,-28 1,1 1,-1 1,1 \
        1,4ro 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 9,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,f 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,-f 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 2,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c \
        1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c \
        1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c b,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c \
        1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c \
        1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 26y,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls \
        1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls \
        1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 1,5ls 2,5ls 6,5ls 3,2bk 1,2bk \
        1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk \
        1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk \
        1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 1,2bk 3,2bk 1,2bk 1,2bk ip,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk \
        1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk \
        1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk \
        1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk \
        1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,tzk \
        1,tzk 1,tzk 1,tzk 1,tzk 1,tzk 1,8 1,8 1,8 1,8 1,8 1,8 3,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1oj,-4tq 1,-4tp 1,-4tg \
        1,-4te 1,1 1,-4tf 1,-4t8 1,-4rp 1,r7m 8,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk \
        1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk \
        1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk 1,-2bk \
        1,-2bk 1,-2bk 1,-2bk 1,-2bk 3,-2bk 1,-2bk 1,-2bk 56,r9g 4,2xy h,raw 36,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,1m 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 6,-1n 3,-5vj 2,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 \
        1,-8 1,-8 1,8 1,8 1,8 1,8 1,8 1,8 3,-8 1,-8 1,-8 1,-8 1,-8 1,-8 3,8 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,-8 1,-8 \
        1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,8 \
        1,8 1,8 1,8 1,8 1,8 3,-8 1,-8 1,-8 1,-8 1,-8 1,-8 4,8 2,8 2,8 2,8 2,-8 2,-8 2,-8 2,-8 1,8 1,8 1,8 1,8 1,8 \
        1,8 1,8 1,8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,22 1,22 1,2e 1,2e 1,2e 1,2e 1,2s 1,2s 1,3k 1,3k 1,34 \
        1,34 1,3i 1,3i 3,8 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,8 1,8 1,8 1,8 1,8 \
        1,8 1,8 1,8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,-8 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,8 1,-8 1,-8 1,-8 1,-8 \
        1,-8 1,-8 1,-8 1,-8 1,8 1,8 2,9 5,-8 1,-8 1,-22 1,-22 1,-9 2,-5mh 5,9 5,-2e 1,-2e 1,-2e 1,-2e 1,-9 4,8 1,8 \
        7,-8 1,-8 1,-2s 1,-2s 5,8 1,8 4,7 3,-8 1,-8 1,-34 1,-34 1,-7 7,9 5,-3k 1,-3k 1,-3i 1,-3i 1,-9 8a,-5tp \
        4,-6hr 1,-6ee 7,s s,-s i,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,g 1,-g 1,-g 1,-g 1,-g \
        1,-g 1,-g 1,-g 1,-g 1,-g 1,-g 1,-g 1,-g 1,-g 1,-g 1,-g 1,-g 4,1 1,-1 mq,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q \
        1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q \
        1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1,-q 1ef,1c 1,1c \
        1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c \
        1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c 1,1c \
        1,1c 1,1c 1,1c 1,1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c \
        1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c \
        1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,-1c 1,1 \
        1,-1 1,-8af 1,-2xy 1,-89z 1,-8bv 1,-8bs 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,-8bg 1,-8al 1,-8bj 1,-8bi 2,1 1,-1 \
        2,1 1,-1 8,-8cf 1,-8cf 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 8,1 1,-1 1,1 1,-1 4,1 1,-1 d,-5ls 1,-5ls 1,-5ls \
        1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls \
        1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls \
        1,-5ls 1,-5ls 1,-5ls 1,-5ls 1,-5ls 2,-5ls 6,-5ls nwz,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-r7n \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 j,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 3r,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 3,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 \
        a,1 1,-1 1,1 1,-1 1,-r9g 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 4,1 1,-1 1,-wmg 3,1 1,-1 1,1 1,-1 \
        1,1c 2,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,-wn8 \
        1,-wnj 1,-wnf 1,-wn5 1,-wn8 2,-wlu 1,-wmi 1,-wlx 1,ps 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 1,-1 1,1 \
        1,-1 1,1 1,-1 1,1 1,-1 1,-1c 1,-wn7 1,-raw 1,1 1,-1 1,1 1,-1 6,1 1,-1 5,1 1,-1 1,1 1,-1 s,1 1,-1 nx,-ps \
        t,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk \
        1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk \
        1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk \
        1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk \
        1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk \
        1,-tzk 1,-tzk 1,-tzk 1,-tzk 1,-tzk ggy,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w \
        1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 7,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w \
        1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w x2,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 \
        1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 \
        1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 \
        1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 \
        1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 2p,14 1,14 1,14 1,14 \
        1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 \
        1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 1,14 5,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 \
        1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 \
        1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 1,-14 39,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 \
        1,13 1,13 1,13 2,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 1,13 2,13 1,13 1,13 \
        1,13 1,13 1,13 1,13 2,13 1,13 2,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 2,-13 \
        1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 1,-13 2,-13 1,-13 1,-13 \
        1,-13 1,-13 1,-13 1,-13 2,-13 1,-13 1c4,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s \
        1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s \
        1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s 1,1s e,-1s 1,-1s 1,-1s \
        1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s \
        1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s \
        1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 1,-1s 2b2,w 1,w 1,w 1,w 1,w \
        1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w \
        1,w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w \
        1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w gv5,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w \
        1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,w 1,-w 1,-w 1,-w 1,-w \
        1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w \
        1,-w 1,-w 1,-w 1,-w 1,-w 1,-w 1,-w o75,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y \
        1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y \
        1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y 1,-y \
        1,-y 1,-y 1,-y 1,-y 1,-y 1,-y
        """
}
