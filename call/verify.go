package call

// VerifyResult is what came of a verification (身份验证): the caller keyed in what only he can know.
type VerifyResult uint8

// The results.
const (
	VerifyNone VerifyResult = iota // it came to no end: nothing was keyed in, somebody hung up, a service did not answer
	VerifyYes
	VerifyNo
)

var verifyResults = []string{"none", "yes", "no"}

func (r VerifyResult) String() string { return enumText(verifyResults, r) }

// MarshalText gives the result's name.
func (r VerifyResult) MarshalText() ([]byte, error) {
	return enumMarshal("verify result", verifyResults, r)
}

// UnmarshalText reads a result's name.
func (r *VerifyResult) UnmarshalText(b []byte) (err error) {
	*r, err = enumParse[VerifyResult]("verify result", verifyResults, b)
	return err
}
