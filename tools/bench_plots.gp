# The benchmark's plots: gnuplot -e "folder='DIR'" bench_plots.gp, after bench_report.py has written
# the data there. Writes speedup.svg, density.svg and gflops.svg.
if (!exists("folder")) folder = "build/bench-results"
set terminal svg size 820,600 font "sans-serif,14" background "white" enhanced
set grid lc rgb "#dddddd"
set border 3
set tics nomirror
array colour[5] = ["#1b6ca8", "#d1495b", "#3a7d44", "#8e5ea2", "#c98a1b"]

set output folder."/speedup.svg"
data = folder."/speedup.dat"
set title "Speed-up over our own dense attention, one thread, float, head\\_dim 64"
set xlabel "tokens N (window and stride are √N)"
set ylabel "times faster than dense"
set logscale xy 2
set xrange [*:*] noextend
set offsets graph 0.03, graph 0.03, 0, 0
set key below maxcols 2 reverse Left noenhanced spacing 1.1
set xlabel offset 0, 0.4
plot for [i = 0:4] data index i using 1:3:xtic(1) with linespoints pt 7 ps 0.8 lw 2 lc rgb colour[i + 1] \
       title columnheader(1), \
     for [i = 0:4] data index i using 1:2 with lines dt 2 lc rgb colour[i + 1] notitle, \
     NaN with lines dt 2 lc rgb "black" title "counted, N² / count"

set output folder."/density.svg"
data = folder."/density.dat"
set title "Where dense wins: time against the share of pairs that are attended"
set xlabel "density, count / N²"
set ylabel "time / dense time"
set logscale xy 10
set xtics autofreq
plot for [i = 0:3] data index i using 1:2 with linespoints pt 7 ps 0.8 lw 2 lc rgb colour[i + 1] \
       title columnheader(1), \
     1 with lines lw 2 lc rgb "black" title "dense", \
     x with lines dt 2 lc rgb "black" title "in proportion to the pairs"

set output folder."/gflops.svg"
data = folder."/gflops.dat"
set title "Useful work: 4 · count · d flops over time, one thread, float, head\\_dim 64"
unset logscale
unset xlabel
unset offsets
set ylabel "GFLOP/s"
set xrange [-0.6:6.6]
set yrange [0:*]
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set xtics rotate by 20 right noenhanced
set key top center horizontal outside
set bmargin 8
set lmargin 16
set rmargin 2
plot data using 2:xtic(1) lc rgb colour[1] title "tartan", \
     '' using 3 lc rgb colour[5] title "row loop", \
     '' using 4 lc rgb "#999999" title "naive dense", \
     '' using 0:5 with lines lw 2 lc rgb "black" title "FMA peak"
