#pragma once
#include <span>

#include "integrad/train/dataset.h"

namespace integrad {

/// The photograph [1,h,w,3] with the mask's [1,h,w,1] pixels tinted green and the mask's outline
/// (its pixels with a 4-neighbour outside) in full green. Throws Error when the sizes differ.
Image overlay(const Image& photograph, const Image& mask);

/// Every sample's photograph beside its overlay, scaled to `side` pixels, in rows of `columns`
/// pairs on black: a look at a data set. Throws Error without samples, and for sizes below 1.
Image contact_sheet(std::span<const Sample> samples, Index side = 192, Index columns = 4);

}  // namespace integrad
