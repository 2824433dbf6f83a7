/* SPDX-License-Identifier: MIT */
#include <Random123/philox.h>
#include <math.h>
#include <spinodal/base/random.h>
#include <string.h>

spn_random spn_random_stream(uint64_t seed, spn_purpose purpose, uint64_t job)
{
    return (spn_random){.key = {seed, (uint64_t)purpose}, .job = job};
}

uint64_t spn_random_word(spn_random *random)
{
    uint64_t slot = random->next % 4;
    if (slot == 0) {
        philox4x64_ctr_t counter = {{random->next / 4, random->job, 0, 0}};
        philox4x64_key_t key = {{random->key[0], random->key[1]}};
        philox4x64_ctr_t block = philox4x64(counter, key);
        memcpy(random->words, block.v, sizeof random->words);
    }
    random->next++;
    return random->words[slot];
}

double spn_random_uniform(spn_random *random)
{
    return ((double)(spn_random_word(random) >> 11) + 0.5) * 0x1p-53;
}

double spn_random_normal(spn_random *random)
{
    return spn_normal_quantile(spn_random_uniform(random));
}

/* High and low halves of a 64 x 64 bit product, in portable C. */
static uint64_t multiply_high(uint64_t a, uint64_t b, uint64_t *low)
{
    uint64_t a0 = a & 0xffffffffU, a1 = a >> 32, b0 = b & 0xffffffffU, b1 = b >> 32;
    uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
    uint64_t other = a0 * b1 + (middle & 0xffffffffU);
    *low = a * b;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

uint64_t spn_random_below(spn_random *random, uint64_t bound)
{
    uint64_t low = 0;
    uint64_t high = multiply_high(spn_random_word(random), bound, &low);
    if (low < bound) {
        uint64_t threshold = (0 - bound) % bound;
        while (low < threshold) {
            high = multiply_high(spn_random_word(random), bound, &low);
        }
    }
    return high;
}

/* x = m 2^e with sqrt(1/2) <= m < sqrt(2), ln x = e ln 2 + 2 atanh(s), s = (m - 1)/(m + 1). The series
 * 2 s (1 + s^2/3 + s^4/5 + ...) is cut at s^22: |s| <= 0.1716, remainder below 1e-17 of the sum. ln 2 is
 * split so that e times its high part (33 bits) is exact. */
double spn_portable_log(double x)
{
    static const double ln2_high = 0x1.62e42fefp-1, ln2_low = 0x1.473de6af278edp-34;
    int exponent = 0;
    double m = frexp(x, &exponent);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        exponent--;
    }
    double s = (m - 1) / (m + 1);
    double z = s * s;
    double series = 0;
    for (int k = 23; k >= 3; k -= 2) {
        series = (series + 1.0 / k) * z;
    }
    double e = (double)exponent;
    return e * ln2_high + (2 * s + (2 * s * series + e * ln2_low));
}

static double ratio(const double numerator[8], const double denominator[8], double r)
{
    double a = numerator[7], b = denominator[7];
    for (int i = 6; i >= 0; i--) {
        a = a * r + numerator[i];
        b = b * r + denominator[i];
    }
    return a / b;
}

/* Coefficients of Wichura (1988), Applied Statistics 37, 477, algorithm AS 241, routine PPND16. */
double spn_normal_quantile(double u)
{
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                1.9715909503065514427e3, 1.3731693765509461125e4,
                                4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    double q = u - 0.5;
    if (fabs(q) <= 0.425) {
        return q * ratio(a, b, 0.180625 - q * q);
    }
    double tail = q < 0 ? u : 1 - u;
    double r = sqrt(-spn_portable_log(tail));
    double value = r <= 5 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5);
    return q < 0 ? -value : value;
}
