# The plots of the training experiment: gnuplot -e "folder='DIR'; docs='DIR'; curves=N; top=Y"
# train_plots.gp, after train_report.py has written N curves to curves.dat; more than Y bits are not
# shown. Writes steps.svg and time.svg.
if (!exists("folder")) folder = "build/train-results"
if (!exists("docs")) docs = folder
if (!exists("curves")) curves = 5
if (!exists("top")) top = 4
set terminal svg size 820,600 font "sans-serif,14" background "white" enhanced
set grid lc rgb "#dddddd"
set border 3
set tics nomirror
array colour[5] = ["#000000", "#1b6ca8", "#d1495b", "#3a7d44", "#c98a1b"]

data = folder."/curves.dat"
set ylabel "held-out bits a byte, mean over seeds"
set yrange [*:top]
set key top right Left reverse noenhanced spacing 1.1

set output docs."/steps.svg"
set title "Held-out bits a byte against steps of training"
set xlabel "steps"
plot for [i = 0:curves - 1] data index i using 1:3 with linespoints pt 7 ps 0.6 lw 2 \
       lc rgb colour[i + 1] title columnheader(1)

set output docs."/time.svg"
set title "Held-out bits a byte against time of training, one thread"
set xlabel "seconds"
plot for [i = 0:curves - 1] data index i using 2:3 with linespoints pt 7 ps 0.6 lw 2 \
       lc rgb colour[i + 1] title columnheader(1)
